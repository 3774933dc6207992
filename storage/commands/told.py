"""Letting the channel show what was done on a terminal."""

from datetime import datetime

from storage.database import Session
from storage.queries.inspections import get_inspection
from storage.records import EventKind
from storage.repositories.events import add_event
from storage.repositories.incidents import incident_by_id


def show_change(session: Session, incident_id: int | None, *, now: datetime) -> None:
    """Let an incident's message show its present state, once the agent comes to it."""
    if incident_id is None:
        return
    source_id = incident_by_id(session, incident_id).source_id
    add_event(session, EventKind.CHANGED, source_id=source_id, payload={"incident_id": incident_id}, now=now)


def show_word(session: Session, inspection_id: int, *, now: datetime) -> None:
    """Let the message of an inspection's incident show what was said of it."""
    found = get_inspection(session, inspection_id)
    show_change(session, found.incident_id if found else None, now=now)
