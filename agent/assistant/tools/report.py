"""report: the figures of a period's report, in total and source by source."""

from datetime import timedelta
from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.figures import rounded
from agent.assistant.tools.filters import seen
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.watch_arguments import ReportArguments
from storage.queries.report import Asked, build_report
from storage.queries.report_figures import BY_NAME, figures_of
from storage.queries.report_results import Report, ReportRow
from storage.queries.status import known_sources

LAST_FULL = {"day": "yesterday", "week": "last week", "month": "last month", "shift": "last shift"}
UNITS = {"minutes": "minutes", "share": "share", "count": "count"}
ABOUT_SOURCES = (
    "received",
    "judged",
    "not_judged",
    "anomalies",
    "confirmed",
    "false_alarms",
    "unlabelled",
    "incidents",
)


def tell_report(context: ToolContext, wanted: ReportArguments) -> ToolResult:
    """Tell the figures of the last full period, or of a window; raise ToolError."""
    settings = context.settings
    with context.database.reading() as session:
        sources = context.chosen_sources(session, wanted.sources)
        named = sources or () if wanted.sources else ()
        window = context.window(session, wanted.window or LAST_FULL[wanted.period], named).window
        batch = {name for name, one in settings.sources.items() if one.mode == "batch"}
        steady = tuple(one.name for one in known_sources(session) if one.name not in batch)
        quiet = timedelta(minutes=settings.reports.quiet_minutes)
        asked = Asked(seen(window, context.now), quiet, sources=sources, steady=steady)
        report = build_report(session, asked, now=context.now)
    total = _figures(report.total)
    rows = [{"source": row.source, **_figures(row)} for row in report.rows[: settings.assistant.row_limit]]
    used: dict[str, Any] = {
        "sources": list(named),
        "window": f"{rfc3339(window.start)}/{rfc3339(window.end)}",
        "time_zone": window.time_zone,
        "period": None if wanted.window else wanted.period,
    }
    is_empty = not total["received"] and not total["judged"] and not total["not_judged"]
    return ToolResult(
        tool="report",
        status=ToolStatus.NO_DATA if is_empty else ToolStatus.OK,
        data={**total, "sources": rows, "source_count": len(report.rows), **_more(report)},
        facts=(
            *_facts(total),
            *(fact for row in rows for fact in _facts({name: row[name] for name in ABOUT_SOURCES}, str(row["source"]))),
        ),
        ids=tuple(one.shown_id for one in report.worst),
        parameters={name: value for name, value in used.items() if value},
        window=window,
        rows=len(rows),
    )


def _figures(row: ReportRow) -> dict[str, Any]:
    return {name: rounded(value) if isinstance(value, float) else value for name, value in figures_of(row).items()}


def _facts(figures: dict[str, Any], key: str = "") -> tuple[Fact, ...]:
    shown = f"[{key}]" if key else ""
    return tuple(
        Fact(f"{name}{shown}", value, UNITS[BY_NAME[name].unit])
        for name, value in figures.items()
        if value is not None and name in BY_NAME
    )


def _more(report: Report) -> dict[str, Any]:
    return {
        "changes": report.change_count,
        "worst": [
            {"id": one.shown_id, "source": one.source, "captured_at": rfc3339(one.captured_at)} for one in report.worst
        ],
        "not_judged_by_reason": [
            {"kind": one.kind, "reason": plain(one.reason), "frames": one.frames} for one in report.reasons
        ],
    }
