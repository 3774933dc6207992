"""trend: counts along time, and the change against the window just before."""

from datetime import timedelta

from agent.assistant.answer import Fact
from agent.assistant.tools.arguments import TrendArguments
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.figures import count_figures, facts_of, rounded
from agent.assistant.tools.filters import choose, parameters
from agent.assistant.tools.groups import cut, previous, span_name
from agent.assistant.tools.result import ToolResult, ToolStatus
from storage.queries.trends import trend
from storage.records import Window

DEFAULT_WINDOW = "last 7 days"
STEP_FACTS = ("anomalies", "confirmed", "false_alarms", "judged")
MOST_WHOLE = 62
STEPS = (("hour", timedelta(days=2)), ("day", timedelta(days=62)), ("week", timedelta(days=370)))


def tell_trend(context: ToolContext, wanted: TrendArguments) -> ToolResult:
    """Count a window step by step and against the window of equal length before it; raise ToolError."""
    with context.database.reading() as session:
        chosen = choose(session, context, wanted, default_window=DEFAULT_WINDOW)
        window = chosen.selection.window or chosen.window
        bucket = wanted.bucket or fitting_step(window)
        found = trend(
            session,
            selection=chosen.selection,
            window=window,
            before=previous(window),
            spans=cut(window, bucket),
        )
    total, before = count_figures(found.total), count_figures(found.before)
    steps = [
        {"key": span_name(one.start, window.time_zone, bucket), "anomalies": one.counts.anomalies,
         "confirmed": one.counts.confirmed, "false_alarms": one.counts.false_alarms,
         "judged": one.counts.judged, "not_judged": one.counts.not_judged}
        for one in found.buckets
    ]  # fmt: skip
    change = found.total.anomalies - found.before.anomalies
    share = rounded(change / found.before.anomalies) if found.before.anomalies else None
    is_empty = found.total.inspections == 0
    names = STEP_FACTS if len(steps) <= MOST_WHOLE else STEP_FACTS[:1]
    facts = (
        *facts_of(total),
        Fact("anomalies_before", found.before.anomalies, "inspections"),
        Fact("judged_before", found.before.judged, "inspections"),
        Fact("change", change, "inspections"),
        *((Fact("change_share", share, "share of the window before"),) if share is not None else ()),
        *(Fact(f"{name}[{step['key']}]", step[name], "inspections") for step in steps for name in names),  # type: ignore[arg-type]
    )
    return ToolResult(
        tool="trend",
        status=ToolStatus.NO_DATA if is_empty else ToolStatus.OK,
        data={**total, "before": before, "change": change, "change_share": share, "bucket": bucket, "steps": steps},
        facts=facts,
        parameters=parameters(chosen) | {"bucket": bucket},
        window=chosen.window,
        rows=len(steps),
    )


def fitting_step(window: Window) -> str:
    """Choose a step that gives a window some ten to sixty of them."""
    length = window.end - window.start
    return next((step for step, longest in STEPS if length <= longest), "month")
