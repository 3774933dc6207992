"""Incidents: anomalies that are one thing to tell."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import IncidentRow, InspectionRow, SourceRow
from storage.records import Incident, IncidentState
from storage.repositories.audit import write_audit

OPEN_STATES = (IncidentState.OPEN, IncidentState.ACKNOWLEDGED)


class UnknownIncidentError(StorageError):
    """No incident has that id."""

    def __init__(self, incident_id: int) -> None:
        super().__init__(f"There is no incident I-{incident_id}.")


@dataclass(frozen=True, slots=True)
class Joined:
    """The incident an anomaly went to, and whether it opened it."""

    incident: Incident
    is_new: bool


def join_incident(session: Session, inspection_id: int, *, join: timedelta, now: datetime) -> Joined:
    """Put an anomaly into its source's open incident near in time, else open one; a repeat changes nothing."""
    inspection = session.get_one(InspectionRow, inspection_id, with_for_update=True)
    if inspection.incident_id is not None:
        return Joined(incident_by_id(session, inspection.incident_id), is_new=False)
    session.get_one(SourceRow, inspection.source_id, with_for_update={"key_share": True})  # two agents, one incident
    row = _near(session, inspection, join)
    if row is None:
        return Joined(_open(session, inspection, now), is_new=True)
    row.anomalies += 1
    row.opened_at = min(row.opened_at, inspection.captured_at)
    row.last_at = max(row.last_at, min(inspection.captured_at, now))
    cover = session.get(InspectionRow, row.cover_inspection_id) if row.cover_inspection_id else None
    if cover is None or _ratio(inspection) > _ratio(cover):
        row.cover_inspection_id = inspection.id
    inspection.incident_id = row.id
    session.flush()
    return Joined(incident_by_id(session, row.id), is_new=False)


def incident_by_id(session: Session, incident_id: int) -> Incident:
    """Return one incident; raise UnknownIncidentError."""
    query = select(IncidentRow, SourceRow.name).join(SourceRow, SourceRow.id == IncidentRow.source_id)
    found = session.execute(query.where(IncidentRow.id == incident_id)).one_or_none()
    if found is None:
        raise UnknownIncidentError(incident_id)
    return as_incident(found[0], found[1])


def set_message(session: Session, incident_id: int, *, channel: str, message_ts: str) -> None:
    """Remember which message tells of an incident."""
    session.execute(
        update(IncidentRow).where(IncidentRow.id == incident_id).values(channel=channel, message_ts=message_ts),
    )


def set_incident_state(
    session: Session,
    incident_id: int,
    state: IncidentState,
    *,
    actor: str,
    now: datetime,
) -> Incident:
    """Move an incident to a state, with an audit row; raise UnknownIncidentError."""
    before = incident_by_id(session, incident_id)
    if before.state is not state:
        closed_at = None if state in OPEN_STATES else now
        session.execute(
            update(IncidentRow).where(IncidentRow.id == incident_id).values(state=state, closed_at=closed_at),
        )
        write_audit(
            session,
            actor=actor,
            action=f"incident_{state}",
            subject=before.shown_id,
            detail={"was": before.state},
            now=now,
        )
    return incident_by_id(session, incident_id)


def resolve_quiet_incidents(session: Session, *, quiet: timedelta, now: datetime) -> list[int]:
    """Resolve open incidents that nothing joined for a while and return their ids."""
    statement = (
        update(IncidentRow)
        .where(
            IncidentRow.state.in_(OPEN_STATES), IncidentRow.last_at < now - quiet, IncidentRow.opened_at < now - quiet
        )
        .values(state=IncidentState.RESOLVED, closed_at=now)
        .returning(IncidentRow.id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(statement))


def _near(session: Session, inspection: InspectionRow, join: timedelta) -> IncidentRow | None:
    query = (
        select(IncidentRow)
        .where(
            IncidentRow.source_id == inspection.source_id,
            IncidentRow.state.in_(OPEN_STATES),
            IncidentRow.last_at >= inspection.captured_at - join,
            IncidentRow.opened_at <= inspection.captured_at + join,
        )
        .order_by(IncidentRow.last_at.desc())
        .limit(1)
        .with_for_update()
    )
    return session.scalar(query)


def _open(session: Session, inspection: InspectionRow, now: datetime) -> Incident:
    row = IncidentRow(
        source_id=inspection.source_id,
        state=IncidentState.OPEN,
        opened_at=min(inspection.captured_at, now),
        last_at=min(inspection.captured_at, now),
        anomalies=1,
        cover_inspection_id=inspection.id,
    )
    session.add(row)
    session.flush()
    inspection.incident_id = row.id
    session.flush()
    return incident_by_id(session, row.id)


def _ratio(inspection: InspectionRow) -> float:
    return inspection.score / inspection.threshold if inspection.threshold else inspection.score


def as_incident(row: IncidentRow, source: str) -> Incident:
    """Turn a row into the record."""
    return Incident(
        id=row.id,
        source_id=row.source_id,
        source=source,
        state=IncidentState(row.state),
        opened_at=row.opened_at,
        last_at=row.last_at,
        anomalies=row.anomalies,
        cover_inspection_id=row.cover_inspection_id,
        channel=row.channel,
        message_ts=row.message_ts,
        closed_at=row.closed_at,
    )


def list_recent_incidents(session: Session, *, limit: int) -> list[Incident]:
    """Return incidents, the one with the newest anomaly first."""
    query = select(IncidentRow, SourceRow.name).join(SourceRow, SourceRow.id == IncidentRow.source_id)
    rows = session.execute(query.order_by(IncidentRow.last_at.desc(), IncidentRow.id.desc()).limit(limit))
    return [as_incident(row, source) for row, source in rows]
