"""Who moved incidents from state to state, as far as it was not taken back."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, String, cast, literal, select
from sqlalchemy.orm import Session, aliased

from storage.models import AuditRow
from storage.records import IncidentState
from storage.repositories.audit import UNDO, undo_subject

ACTIONS = {state: f"incident_{state}" for state in IncidentState if state is not IncidentState.OPEN}


def people_of_incidents(session: Session, *, limit: int = 1000) -> list[str]:
    """Return who ever acknowledged, resolved or dismissed an incident, by name."""
    query = select(AuditRow.actor).where(AuditRow.action.in_(ACTIONS.values())).distinct().order_by(AuditRow.actor)
    return list(session.scalars(query.limit(limit)))


def incidents_acted_on(session: Session, person: str, *, now: datetime) -> set[int]:
    """Return the ids of the incidents a person acknowledged, resolved or dismissed by `now`."""
    query = select(AuditRow.incident_id).where(*_standing(now), AuditRow.actor == person)
    return {incident_id for incident_id in session.scalars(query.distinct()) if incident_id is not None}


def last_actors(session: Session, incident_ids: Collection[int], *, now: datetime) -> dict[int, dict[str, str]]:
    """Return, by incident, who last moved it into each state by `now`."""
    query = (
        select(AuditRow.incident_id, AuditRow.action, AuditRow.actor)
        .where(*_standing(now), AuditRow.incident_id.in_(incident_ids))
        .order_by(AuditRow.id)
    )
    states = {action: str(state) for state, action in ACTIONS.items()}
    found: dict[int, dict[str, str]] = {}
    for incident_id, action, actor in session.execute(query):
        if incident_id is not None:
            found.setdefault(incident_id, {})[states[action]] = actor
    return found


def _standing(now: datetime) -> list[ColumnElement[bool]]:
    undone = aliased(AuditRow)
    subject = literal(_undo_prefix(), String) + cast(AuditRow.id, String)
    is_undone = select(undone.id).where(undone.action == UNDO, undone.subject == subject, undone.at <= now).exists()
    return [AuditRow.action.in_(ACTIONS.values()), AuditRow.at <= now, ~is_undone]


def _undo_prefix() -> str:
    return undo_subject(0).removesuffix("0")
