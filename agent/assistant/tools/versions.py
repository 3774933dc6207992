"""versions: which detectors judged a source, with what threshold and promise, and who made them active when."""

from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.filters import seen
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.watch_arguments import Versions
from storage.database import Session
from storage.queries.report_parts import versions_in_use
from storage.queries.report_results import VersionUse
from storage.queries.selection import Selection
from storage.queries.versions import first_judged, last_judging, versions_before
from storage.records import DetectorVersion, Window
from storage.repositories.switches import switches_of

DIGITS = 6
UNITS = {"threshold": "raw score", "promised_rate": "share of judged inspections"}


def list_detector_versions(context: ToolContext, wanted: Versions) -> ToolResult:
    """List versions, a source's newest first; raise ToolError."""
    limit = context.limit(wanted.limit)
    with context.database.reading() as session:
        sources = context.chosen_sources(session, wanted.sources)
        named = sources or () if wanted.sources else ()
        window = context.window(session, wanted.window, named).window
        looked_at = seen(window, context.now)
        uses = {
            use.version.id: use
            for use in versions_in_use(session, selection=Selection(window=looked_at, sources=sources))
        }
        found = [
            one
            for one in versions_before(session, now=context.now, sources=sources)
            if wanted.window is None or one[0].id in uses or _is_made_in(one[0], looked_at)
        ]
        is_windowed = wanted.window is not None
        rows = [_row(session, context, *one, uses.get(one[0].id), is_windowed=is_windowed) for one in found[:limit]]
    used = {
        "sources": list(named),
        "window": f"{rfc3339(window.start)}/{rfc3339(window.end)}",
        "time_zone": window.time_zone,
        "limit": limit,
    }
    return ToolResult(
        tool="versions",
        status=ToolStatus.OK if rows else ToolStatus.NO_DATA,
        data={"versions": len(found), "shown": len(rows), "versions_listed": rows},
        facts=(
            Fact("versions", len(found), "versions"),
            *(
                Fact(f"{name}[{row['detector']}]", row[name], unit)
                for row in rows
                for name, unit in UNITS.items()
                if row[name] is not None
            ),
        ),
        parameters={name: value for name, value in used.items() if value},
        window=window,
        rows=len(rows),
    )


def _is_made_in(version: DetectorVersion, window: Window) -> bool:
    return window.start <= version.created_at < window.end


def _row(
    session: Session,
    context: ToolContext,
    version: DetectorVersion,
    source: str,
    active: int | None,
    use: VersionUse | None,
    *,
    is_windowed: bool,
) -> dict[str, Any]:
    is_imported = version.bundle is None
    judging = last_judging(session, source, now=context.now) if is_imported else active
    switches = [one for one in switches_of(session, version.name) if one.at <= context.now]
    first = first_judged(session, version.id, now=context.now) if use is None or is_windowed else use.first
    activated = switches[-1].at if switches else first
    return {
        "detector": plain(version.name),
        "source": source,
        "state": "active" if version.id == judging else "not active",
        "threshold": round(version.threshold, DIGITS),
        "promised_rate": None if is_imported else version.promised_rate,
        "training_images": None if is_imported else version.training_images,
        "is_imported": is_imported,
        "created_at": rfc3339(version.created_at),
        "first_judged": rfc3339(first) if first else None,
        "activated_at": rfc3339(activated) if activated else None,
        "activated_by": plain(switches[-1].actor) if switches else None,
        "judged": use.judged if use else 0,
        "anomalies": use.anomalies if use else 0,
        "false_alarms": use.false_alarms if use else 0,
    }
