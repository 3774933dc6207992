"""Who changed what, and when."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import AuditRow
from storage.records import Act

UNDO = "undo"


def write_audit(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, Any],
    now: datetime,
    incident_id: int | None = None,
) -> None:
    """Record one act of a person or a setting; audit rows are never changed. incident_id: what it was about, if any."""
    session.add(
        AuditRow(at=now, actor=actor, action=action, subject=subject, detail=detail, incident_id=incident_id),
    )


def act_by_id(session: Session, act_id: int) -> Act | None:
    """Return one act; None where there is none."""
    row = session.get(AuditRow, act_id)
    return None if row is None else _as_act(row)


def last_act(session: Session, incident_id: int, *, action: str | None = None) -> Act | None:
    """Return the last thing anybody did about an incident, or the last of one kind."""
    query = select(AuditRow).where(AuditRow.incident_id == incident_id).order_by(AuditRow.id.desc()).limit(1)
    row = session.scalar(query if action is None else query.where(AuditRow.action == action))
    return None if row is None else _as_act(row)


def acts_on(session: Session, *, incident_id: int | None = None, subject: str | None = None) -> Iterator[Act]:
    """Yield what people did about an incident or a subject, the last first."""
    own = AuditRow.incident_id == incident_id if subject is None else AuditRow.subject == subject
    yield from map(_as_act, session.scalars(select(AuditRow).where(own).order_by(AuditRow.id.desc())))


def act_at(session: Session, *, actor: str, at: datetime) -> Act | None:
    """Return what a person did at a moment, the last where it was several things; None where they did nothing."""
    query = select(AuditRow).where(AuditRow.actor == actor, AuditRow.at == at).order_by(AuditRow.id.desc()).limit(1)
    row = session.scalar(query)
    return None if row is None else _as_act(row)


def is_undone(session: Session, act_id: int) -> bool:
    """Say whether an act was taken back."""
    query = select(AuditRow.id).where(AuditRow.action == UNDO, AuditRow.subject == undo_subject(act_id)).limit(1)
    return session.scalar(query) is not None


def undo_subject(act_id: int) -> str:
    """Return how the audit names what an undo takes back."""
    return f"audit-{act_id}"


def _as_act(row: AuditRow) -> Act:
    return Act(row.id, row.at, row.actor, row.action, row.subject, dict(row.detail), row.incident_id)
