"""detector_status: how sources and their detectors are, and what they promise and keep."""

from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.arguments import DetectorStatus
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.figures import count_figures, facts_of
from agent.assistant.tools.filters import seen
from agent.assistant.tools.result import ToolResult, ToolStatus
from storage.queries.results import SourceStatus
from storage.queries.status import source_status

DEFAULT_WINDOW = "last 7 days"
DIGITS = 6


def detector_status(context: ToolContext, wanted: DetectorStatus) -> ToolResult:
    """Tell state, version, threshold, promised and realised false-alarm rate, last frame and queue; raise ToolError."""
    with context.database.reading() as session:
        sources = context.chosen_sources(session, wanted.sources)
        named = sources or () if wanted.sources else ()
        reading = context.window(session, wanted.window or DEFAULT_WINDOW, named)
        limit = context.settings.assistant.row_limit
        found = source_status(session, window=seen(reading.window, context.now), sources=sources, limit=limit)
    rows = [_row(one) for one in found]
    facts: tuple[Fact, ...] = ()
    for row in rows:
        key = "" if len(rows) == 1 else str(row["source"])
        facts += facts_of({name: row[name] for name in FACTS if row.get(name) is not None}, key)
        if row["last_inspected"]:
            facts += (Fact(f"last[{key}]" if key else "last", row["last_inspected"], "RFC 3339"),)
    return ToolResult(
        tool="detector_status",
        status=ToolStatus.OK if rows else ToolStatus.NO_DATA,
        data={"sources": rows, "source_count": len(rows)},
        facts=(Fact("sources", len(rows), "sources"), *facts),
        parameters={
            "sources": list(named),
            "window": f"{rfc3339(reading.window.start)}/{rfc3339(reading.window.end)}",
            "time_zone": reading.window.time_zone,
        },
        window=reading.window,
        rows=len(rows),
    )


FACTS = (
    "threshold",
    "promised_rate",
    "training_images",
    "waiting",
    "judged",
    "not_judged",
    "anomalies",
    "confirmed",
    "false_alarms",
    "unsure",
    "unlabelled",
    "missed",
    "false_alarm_rate",
    "false_alarm_share",
    "anomaly_rate",
)


def _row(one: SourceStatus) -> dict[str, Any]:
    row: dict[str, Any] = {
        "source": one.source.name,
        "state": str(one.source.state),
        "fault": plain(one.source.fault) if one.source.fault else None,
        "live_since": rfc3339(one.source.live_since) if one.source.live_since else None,
        "last_inspected": rfc3339(one.last_inspected) if one.last_inspected else None,
        "waiting": one.waiting,
    }
    if one.version is not None:
        is_imported = bool(one.version.details.get("imported"))
        row |= {
            "detector": plain(one.version.name),
            "threshold": round(one.version.threshold, DIGITS),
            "promised_rate": None if is_imported else one.version.promised_rate,
            "method": one.version.method,
            "preset": one.version.preset,
            "training_images": None if is_imported else one.version.training_images,
            "fitted_at": None if is_imported else rfc3339(one.version.created_at),
        }
    return row | count_figures(one.counts)
