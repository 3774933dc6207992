"""list_incidents: which incidents there are, or one with its worst anomalies."""

import re
from datetime import datetime, timedelta
from typing import Any

from agent.assistant.answer import Fact, rfc3339
from agent.assistant.tools.arguments import ListIncidents
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.filters import known_name
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.assistant.tools.rows import incident_row, inspection_row
from storage.database import Session
from storage.queries.anomalies import anomalies_of_incident
from storage.queries.incident_acts import incidents_acted_on, last_actors, people_of_incidents
from storage.queries.incidents import (
    IncidentOrder,
    count_incidents,
    incident_by_id,
    incident_by_key,
    list_incidents,
)
from storage.records import Incident, IncidentState, Window

SHOWN_ID = re.compile(r"\s*i?[\s-]?(\d{1,18})\s*", re.IGNORECASE)
WORST_SHOWN = 5


def list_found_incidents(context: ToolContext, wanted: ListIncidents) -> ToolResult:
    """List incidents in the order wished, with how many there are by state; raise ToolError."""
    if wanted.id is not None:
        return _one(context, wanted.id)
    states = tuple(IncidentState(state) for state in wanted.states)
    order, now = IncidentOrder(wanted.order), context.now
    limit = context.limit(wanted.limit)
    with context.database.reading() as session:
        sources = context.chosen_sources(session, wanted.sources)
        named = sources or () if wanted.sources else ()
        window = context.window(session, wanted.window, named).window if wanted.window else None
        person = wanted.person and known_name("person", wanted.person, people_of_incidents(session))
        ids = incidents_acted_on(session, person, now=now) if person else None
        chosen: dict[str, Any] = {"states": states, "sources": sources, "window": window, "ids": ids}
        found = list_incidents(session, limit=limit, opened_before=now, order=order, now=now, **chosen)
        by_state = count_incidents(session, opened_before=now, **chosen)
        actors = last_actors(session, [one.id for one in found], now=now)
    total = sum(by_state.values())
    rows = [incident_row(one) | _more(one, actors.get(one.id, {}), now) for one in found]
    used: dict[str, Any] = {"sources": list(named), "states": [str(state) for state in states], "limit": limit}
    used |= {"order": wanted.order, "person": plain(person) if person else None}
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
            "incidents_listed": rows,
        },
        facts=(
            Fact("incidents", total, "incidents"),
            *(Fact(f"incidents[{state}]", number, "incidents") for state, number in by_state.items()),
            *(Fact("open_hours", row["open_hours"], "hours") for row in rows[:1]),
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
        actors = last_actors(session, [found.id], now=context.now)
    zone = context.settings.zone_of(found.source)
    return ToolResult(
        tool="list_incidents",
        status=ToolStatus.OK,
        data=incident_row(found)
        | _more(found, actors.get(found.id, {}), context.now)
        | {"time_zone": zone, "worst": [inspection_row(one) for one in worst]},
        facts=(Fact("anomalies", found.anomalies, "inspections"),),
        ids=(found.shown_id, *(one.shown_id for one in worst)),
        parameters={"id": found.shown_id},
        window=Window(found.opened_at, max(found.last_at, found.opened_at), zone),
        rows=1,
    )


def _more(one: Incident, actors: dict[str, str], now: datetime) -> dict[str, Any]:
    """Return how long an incident is or was open, and who last moved it where."""
    end = one.closed_at if one.closed_at is not None and one.closed_at <= now else now
    more: dict[str, Any] = {"open_hours": round((end - one.opened_at) / timedelta(hours=1), 2)}
    return more | {f"{state}_by": plain(actor) for state, actor in actors.items()}


def _find(session: Session, said: str) -> Incident | None:
    """Find by our id, else by the name an import gave."""
    match = SHOWN_ID.fullmatch(said)
    found = incident_by_id(session, int(match[1])) if match and int(match[1]) < 2**63 else None
    return found or incident_by_key(session, said.strip())
