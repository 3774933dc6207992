"""list_outages: when sources were not judged, and for how long in all."""

from datetime import datetime, timedelta
from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.watch_arguments import ListOutages
from storage.queries.outage_rows import Stop, stops_in
from storage.queries.outages import not_judged
from storage.queries.status import known_sources


def list_stops(context: ToolContext, wanted: ListOutages) -> ToolResult:
    """List outages, the newest first, with the downtime of each source by the rules of reports; raise ToolError."""
    limit = context.limit(wanted.limit)
    settings = context.settings
    quiet = timedelta(minutes=settings.reports.quiet_minutes)
    with context.database.reading() as session:
        chosen = context.chosen_sources(session, wanted.sources)
        named = chosen or () if wanted.sources else ()
        window = context.window(session, wanted.window, named).window
        sources = [one for one in known_sources(session) if chosen is None or one.name in chosen]
        batch = {name for name, one in settings.sources.items() if one.mode == "batch"}
        steady = [one for one in sources if one.name not in batch]
        found = stops_in(session, window=window, sources=sources, steady=steady, quiet=quiet, now=context.now)
        kinds = not_judged(session, window=window, now=context.now, sources=tuple(one.name for one in sources))
    stops = [one for one in found.stops if wanted.is_open in {None, one.ended_at is None}]
    faulted = sum(one.frames for one in kinds)
    seconds = {name: round(length.total_seconds()) for name, length in found.downtime.items()}
    listed = stops[:limit]
    used: dict[str, Any] = {
        "sources": list(named),
        "window": f"{rfc3339(window.start)}/{rfc3339(window.end)}",
        "time_zone": window.time_zone,
        "is_open": wanted.is_open,
        "limit": limit,
    }
    has_any = bool(stops) or bool(faulted) or any(seconds.values())
    return ToolResult(
        tool="list_outages",
        status=ToolStatus.OK if has_any and (stops or wanted.is_open is None) else ToolStatus.NO_DATA,
        data={
            "outages": len(stops),
            "shown": len(listed),
            "not_judged": faulted,
            "quiet_minutes": settings.reports.quiet_minutes,
            "downtime_seconds": sum(seconds.values()),
            "downtime": [
                {"source": name, "downtime_seconds": number, "minutes": round(number / 60)}
                for name, number in seconds.items()
                if number
            ],
            "outages_listed": [_row(one, context.now) for one in listed],
        },
        facts=(
            Fact("outages", len(stops), "outages"),
            Fact("outages[open]", sum(one.ended_at is None for one in stops), "outages"),
            Fact("not_judged", faulted, "inspections"),
            Fact("downtime_seconds", sum(seconds.values()), "seconds"),
            *(Fact(f"downtime_seconds[{name}]", number, "seconds") for name, number in seconds.items()),
        ),
        parameters={name: value for name, value in used.items() if value not in (None, [])},
        window=window,
        rows=len(listed),
    )


def _row(one: Stop, now: datetime) -> dict[str, Any]:
    length = (one.ended_at or now) - one.started_at
    return {
        "source": one.source,
        "kind": plain(one.kind),
        "from": rfc3339(one.started_at),
        "until": rfc3339(one.ended_at) if one.ended_at else None,
        "minutes": round(length / timedelta(minutes=1)),
        "frames": one.frames,
        "is_recorded": one.is_recorded,
    }
