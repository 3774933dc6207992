"""list_incidents: which incidents there are, or one with its worst anomalies."""

import re
from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.arguments import ListIncidents
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.rows import incident_row, inspection_row
from storage.database import Session
from storage.queries.anomalies import anomalies_of_incident
from storage.queries.incidents import count_incidents, incident_by_id, incident_by_key, list_incidents
from storage.records import Incident, IncidentState, Window

SHOWN_ID = re.compile(r"\s*i?[\s-]?(\d{1,18})\s*", re.IGNORECASE)
WORST_SHOWN = 5


def list_found_incidents(context: ToolContext, wanted: ListIncidents) -> ToolResult:
    """List incidents, newest first, with how many there are by state; raise ToolError."""
    if wanted.id is not None:
        return _one(context, wanted.id)
    states = tuple(IncidentState(state) for state in wanted.states)
    limit = context.limit(wanted.limit)
    with context.database.reading() as session:
        sources = context.chosen_sources(session, wanted.sources)
        named = sources or () if wanted.sources else ()
        window = context.window(session, wanted.window, named).window if wanted.window else None
        chosen: dict[str, Any] = {"states": states, "sources": sources, "window": window}
        found = list_incidents(session, limit=limit, opened_before=context.now, **chosen)
        by_state = count_incidents(session, opened_before=context.now, **chosen)
    total = sum(by_state.values())
    used: dict[str, Any] = {"sources": list(named), "states": [str(state) for state in states], "limit": limit}
    if window is not None:
        used |= {"window": f"{rfc3339(window.start)}/{rfc3339(window.end)}", "time_zone": window.time_zone}
    return ToolResult(
        tool="list_incidents",
        status=ToolStatus.OK if found else ToolStatus.NO_DATA,
        data={
            "incidents": total,
            "by_state": {str(state): number for state, number in by_state.items()},
            "time_zone": context.zone(named),
            "shown": len(found),
            "incidents_listed": [incident_row(one) for one in found],
        },
        facts=(
            Fact("incidents", total, "incidents"),
            *(Fact(f"incidents[{state}]", number, "incidents") for state, number in by_state.items()),
        ),
        ids=tuple(one.shown_id for one in found),
        parameters={key: value for key, value in used.items() if value},
        window=window,
        rows=len(found),
    )


def _one(context: ToolContext, said: str) -> ToolResult:
    with context.database.reading() as session:
        found = _find(session, said)
        if found is None or found.source not in context.visible_sources(session) or found.opened_at > context.now:
            shown = plain(said).upper()
            message = f"There is no incident {shown}."
            return ToolResult("list_incidents", ToolStatus.NO_DATA, parameters={"id": shown}, message=message)
        worst = anomalies_of_incident(session, incident_id=found.id, limit=WORST_SHOWN)
    zone = context.settings.zone_of(found.source)
    return ToolResult(
        tool="list_incidents",
        status=ToolStatus.OK,
        data=incident_row(found) | {"time_zone": zone, "worst": [inspection_row(one) for one in worst]},
        facts=(Fact("anomalies", found.anomalies, "inspections"),),
        ids=(found.shown_id, *(one.shown_id for one in worst)),
        parameters={"id": found.shown_id},
        window=Window(found.opened_at, max(found.last_at, found.opened_at), zone),
        rows=1,
    )


def _find(session: Session, said: str) -> Incident | None:
    """Find by our id, else by the name an import gave."""
    match = SHOWN_ID.fullmatch(said)
    found = incident_by_id(session, int(match[1])) if match and int(match[1]) < 2**63 else None
    return found or incident_by_key(session, said.strip())
