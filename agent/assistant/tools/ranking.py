"""top_sources: which sources have most of what."""

from functools import reduce

from agent.assistant.tools.arguments import TopSources
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.figures import added, count_figures, facts_of, rounded
from agent.assistant.tools.filters import choose, parameters
from agent.assistant.tools.result import ToolResult, ToolStatus
from storage.queries.grouping import Group, count_by
from storage.queries.results import InspectionCounts

MOST_SOURCES = 1000
# What each rate is the share of, among the images judged.
RATED = {"anomaly_rate": "anomalies", "false_alarm_rate": "false_alarms"}


def top_sources(context: ToolContext, wanted: TopSources) -> ToolResult:
    """Rank sources by a count, equal ones by name; raise ToolError."""
    with context.database.reading() as session:
        chosen = choose(session, context, wanted)
        groups = count_by(session, selection=chosen.selection, group=Group.SOURCE, limit=MOST_SOURCES)
        is_whole = chosen.unlabelled_side == chosen.selection
        whole = (
            groups
            if is_whole
            else count_by(session, selection=chosen.unlabelled_side, group=Group.SOURCE, limit=MOST_SOURCES)
        )
    counts = reduce(added, (group.counts for group in groups), InspectionCounts())
    looked_at = reduce(added, (group.counts for group in whole), InspectionCounts())
    judged = {group.key: group.counts for group in whole}
    sign = -1 if wanted.order == "most" else 1
    values = {group.key: _value(group.counts, judged.get(group.key), wanted.measure) for group in groups}
    ranked = sorted(groups, key=lambda group: _rank(values[group.key], sign, group.key))
    rows = [
        {
            "source": group.key or "",
            **count_figures(group.counts, judged.get(group.key)),
            **({wanted.measure: rounded(values[group.key])} if wanted.measure in RATED else {}),
        }
        for group in ranked[: context.limit(wanted.limit)]
    ]
    figures = count_figures(counts, looked_at)
    facts = facts_of(figures)
    for row in rows:
        facts += facts_of({wanted.measure: row[wanted.measure]}, str(row["source"]))
    return ToolResult(
        tool="top_sources",
        status=ToolStatus.OK if rows else ToolStatus.NO_DATA,
        data={**figures, "measure": wanted.measure, "source_count": len(groups), "sources": rows},
        facts=facts,
        parameters=parameters(chosen)
        | {"measure": wanted.measure, "order": wanted.order, "limit": context.limit(wanted.limit)},
        window=chosen.window,
        rows=len(rows),
    )


def _rank(value: float | None, sign: int, name: str | None) -> tuple[bool, float, str]:
    """Return where a source stands; one without a figure stands last either way."""
    return value is None, sign * (value or 0.0), name or ""


def _value(counts: InspectionCounts, looked_at: InspectionCounts | None, measure: str) -> float | None:
    """Return what a source is ranked by; None for a rate where nothing was judged."""
    if measure not in RATED:
        value: int = getattr(counts, measure)
        return value
    judged = (looked_at or counts).judged
    share: int = getattr(counts, RATED[measure])
    return share / judged if judged else None
