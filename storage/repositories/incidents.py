"""Incidents: anomalies that are one thing to tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import DeliveryRow, IncidentRow, InspectionRow, SourceRow
from storage.records import (
    DEFECTS,
    OPEN_STATES,
    Candidate,
    DeliveryKind,
    DeliveryState,
    Incident,
    IncidentState,
    LabelKind,
    Likeness,
)
from storage.repositories.audit import write_audit

# A flapping incident stays open for 2, 4 and at most 8 times as long.
MOST_DOUBLINGS = 3


class UnknownIncidentError(StorageError):
    """No incident has that id."""

    def __init__(self, incident_id: int) -> None:
        super().__init__(f"There is no incident I-{incident_id}.")


class Grouping(Protocol):
    """Says which anomalies are alike."""

    def choose(self, found: Likeness, candidates: Sequence[Candidate]) -> int | None:
        """Return the id of the incident an anomaly is one with; None: it is a new one."""
        ...

    def add(self, likeness: bytes | None, found: Likeness) -> bytes | None:
        """Return the sum of an incident's unit vectors with one anomaly more."""
        ...


class ByTime:
    """Takes whatever is near in time, newest first."""

    def choose(self, found: Likeness, candidates: Sequence[Candidate]) -> int | None:
        """Return the first incident."""
        del found
        return candidates[0].incident.id if candidates else None

    def add(self, likeness: bytes | None, found: Likeness) -> bytes | None:
        """Keep nothing."""
        del found
        return likeness


@dataclass(frozen=True, slots=True)
class Joining:
    """By which rules anomalies become incidents.

    join: how near in time they are. flap: an incident that resolved so lately is reopened by its like. storm_incidents,
    storm_window: so many new incidents of a source in that time; what is like none of them goes into one more.
    """

    join: timedelta
    flap: timedelta = timedelta(0)
    storm_incidents: int | None = None
    storm_window: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Joined:
    """The incident an anomaly went to, and whether it opened it, for the first time or again."""

    incident: Incident
    is_new: bool
    is_reopened: bool = False


def join_incident(
    session: Session,
    inspection_id: int,
    joining: Joining,
    *,
    grouping: Grouping | None = None,
    seen_before: int | None = None,
    now: datetime,
) -> Joined:
    """Put an anomaly into its source's open incident that is near in time and alike, else open one.

    A repeat changes nothing. seen_before: the confirmed defect that a new incident is like.
    """
    grouping = grouping or ByTime()
    inspection = session.get_one(InspectionRow, inspection_id, with_for_update=True)
    if inspection.incident_id is not None:
        return Joined(incident_by_id(session, inspection.incident_id), is_new=False)
    session.get_one(SourceRow, inspection.source_id, with_for_update={"key_share": True})  # two agents, one incident
    found = likeness_of(inspection)
    chosen = grouping.choose(found, _candidates(session, inspection, joining, now))
    is_storm = chosen is None and _is_storm(session, inspection, joining)
    row = session.get_one(IncidentRow, chosen, with_for_update=True) if chosen is not None else None
    row = row or (_storm_near(session, inspection, joining) if is_storm else None)
    is_new, is_reopened = row is None, row is not None and row.state not in OPEN_STATES
    if row is None:
        row = _open(session, inspection, now, is_storm=is_storm, seen_before=seen_before)
    else:
        _take_in(session, row, inspection, now)
    if not row.is_storm and row.embedding_space in {None, found.embedding_space}:
        row.likeness, row.embedding_space = grouping.add(row.likeness, found), found.embedding_space
    inspection.incident_id = row.id
    session.flush()
    return Joined(incident_by_id(session, row.id), is_new, is_reopened)


def likeness_of(inspection: InspectionRow) -> Likeness:
    """Return what an inspection looks like."""
    vectors, space = inspection.vectors or b"", inspection.embedding_space
    return Likeness(inspection.id, inspection.score, len(inspection.regions), vectors, space)


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
            incident_id=incident_id,
            now=now,
        )
    return incident_by_id(session, incident_id)


def settle_by_label(session: Session, inspection: InspectionRow, *, now: datetime) -> None:
    """Let an incident follow what people say of its anomalies.

    A false alarm on its cover dismisses it, unless another of it is a defect; any other word on the cover, and a defect
    in any of it, opens it again.
    """
    row = session.get(IncidentRow, inspection.incident_id, with_for_update=True) if inspection.incident_id else None
    if row is None:
        return
    is_cover, is_defect = row.cover_inspection_id == inspection.id, inspection.label in DEFECTS
    if row.state in OPEN_STATES and _is_a_false_alarm(session, row):
        row.state, row.closed_at = IncidentState.DISMISSED, now
    elif row.state == IncidentState.DISMISSED and (
        is_defect or (is_cover and inspection.label != LabelKind.FALSE_ALARM)
    ):
        row.state, row.closed_at = IncidentState.OPEN, None
    session.flush()


def _is_a_false_alarm(session: Session, incident: IncidentRow) -> bool:
    """Say whether people called its cover a false alarm, and none of it a defect."""
    own = InspectionRow.incident_id == incident.id
    said = session.scalar(select(InspectionRow.label).where(own, InspectionRow.id == incident.cover_inspection_id))
    if said != LabelKind.FALSE_ALARM:
        return False
    return session.scalar(select(InspectionRow.id).where(own, InspectionRow.label.in_(DEFECTS)).limit(1)) is None


def resolve_quiet_incidents(session: Session, *, quiet: timedelta, now: datetime) -> list[int]:
    """Resolve open incidents that nothing joined for a while and return their ids; one that flapped waits longer."""
    is_over = [
        and_(
            IncidentRow.reopened == times if times < MOST_DOUBLINGS else IncidentRow.reopened >= times,
            IncidentRow.last_at < now - quiet * 2**times,
            IncidentRow.opened_at < now - quiet * 2**times,
        )
        for times in range(MOST_DOUBLINGS + 1)
    ]
    statement = (
        update(IncidentRow)
        .where(IncidentRow.state.in_(OPEN_STATES), or_(*is_over))
        .values(state=IncidentState.RESOLVED, closed_at=now)
        .returning(IncidentRow.id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(statement))


def untaken_incidents(session: Session, *, told_before: datetime) -> list[Incident]:
    """Return open incidents last posted before then that have grown since, and whose next post is not on its way."""
    posts = select(DeliveryRow).where(DeliveryRow.incident_id == IncidentRow.id, DeliveryRow.kind == DeliveryKind.POST)
    last = select(func.max(DeliveryRow.sent_at)).where(
        DeliveryRow.incident_id == IncidentRow.id, DeliveryRow.kind == DeliveryKind.POST
    )
    posted_at = last.correlate(IncidentRow).scalar_subquery()
    is_coming = posts.where(DeliveryRow.state.in_((DeliveryState.PENDING, DeliveryState.SENDING))).exists()
    query = (
        select(IncidentRow, SourceRow.name)
        .join(SourceRow, SourceRow.id == IncidentRow.source_id)
        .where(IncidentRow.state == IncidentState.OPEN, IncidentRow.message_ts.is_not(None))
        .where(posted_at < told_before, IncidentRow.last_at > posted_at, ~is_coming)
        .order_by(IncidentRow.id)
    )
    return [as_incident(row, name) for row, name in session.execute(query)]


def list_recent_incidents(session: Session, *, limit: int) -> list[Incident]:
    """Return incidents, the one with the newest anomaly first."""
    query = select(IncidentRow, SourceRow.name).join(SourceRow, SourceRow.id == IncidentRow.source_id)
    rows = session.execute(query.order_by(IncidentRow.last_at.desc(), IncidentRow.id.desc()).limit(limit))
    return [as_incident(row, source) for row, source in rows]


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
        seen_before=row.seen_before,
        reopened=row.reopened,
        is_storm=row.is_storm,
    )


def _candidates(session: Session, inspection: InspectionRow, joining: Joining, now: datetime) -> list[Candidate]:
    """Return the incidents an anomaly may join, open ones first, the newest first: never one from another time."""
    is_open = and_(IncidentRow.state.in_(OPEN_STATES), _is_near(inspection, joining.join))
    is_just_over = and_(
        IncidentRow.state == IncidentState.RESOLVED,
        IncidentRow.closed_at > now - joining.flap,
        _is_near(inspection, joining.join + joining.flap * (2**MOST_DOUBLINGS + 1)),
    )
    query = (
        select(IncidentRow, SourceRow.name)
        .join(SourceRow, SourceRow.id == IncidentRow.source_id)
        .where(IncidentRow.source_id == inspection.source_id, IncidentRow.is_storm.is_(False))
        .where(or_(is_open, is_just_over) if joining.flap else is_open)
        .order_by(IncidentRow.state.in_(OPEN_STATES).desc(), IncidentRow.last_at.desc())
        .with_for_update(of=IncidentRow)
    )
    return [
        Candidate(as_incident(row, name), row.likeness, row.embedding_space) for row, name in session.execute(query)
    ]


def _is_near(inspection: InspectionRow, join: timedelta) -> ColumnElement[bool]:
    return and_(
        IncidentRow.last_at >= inspection.captured_at - join,
        IncidentRow.opened_at <= inspection.captured_at + join,
    )


def _is_storm(session: Session, inspection: InspectionRow, joining: Joining) -> bool:
    """Say whether a source has opened as many incidents of late as people can take."""
    if joining.storm_incidents is None:
        return False
    lately = select(func.count(IncidentRow.id)).where(
        IncidentRow.source_id == inspection.source_id,
        IncidentRow.opened_at > inspection.captured_at - joining.storm_window,
        IncidentRow.is_storm.is_(False),
    )
    return (session.scalar(lately) or 0) >= joining.storm_incidents


def _storm_near(session: Session, inspection: InspectionRow, joining: Joining) -> IncidentRow | None:
    query = select(IncidentRow).where(
        IncidentRow.source_id == inspection.source_id,
        IncidentRow.is_storm.is_(True),
        IncidentRow.state.in_(OPEN_STATES),
        _is_near(inspection, joining.join),
    )
    return session.scalar(query.order_by(IncidentRow.last_at.desc()).limit(1).with_for_update())


def _take_in(session: Session, row: IncidentRow, inspection: InspectionRow, now: datetime) -> None:
    if row.state not in OPEN_STATES:
        row.state, row.closed_at = IncidentState.OPEN, None
        row.reopened += 1
    row.anomalies += 1
    row.opened_at = min(row.opened_at, inspection.captured_at)
    row.last_at = max(row.last_at, min(inspection.captured_at, now))
    cover = session.get(InspectionRow, row.cover_inspection_id) if row.cover_inspection_id else None
    if cover is None or _ratio(inspection) > _ratio(cover):
        row.cover_inspection_id = inspection.id


def _open(
    session: Session, inspection: InspectionRow, now: datetime, *, is_storm: bool, seen_before: int | None
) -> IncidentRow:
    row = IncidentRow(
        source_id=inspection.source_id,
        state=IncidentState.OPEN,
        opened_at=min(inspection.captured_at, now),
        last_at=min(inspection.captured_at, now),
        anomalies=1,
        cover_inspection_id=inspection.id,
        is_storm=is_storm,
        seen_before=seen_before,
    )
    session.add(row)
    session.flush()
    return row


def _ratio(inspection: InspectionRow) -> float:
    return inspection.score / inspection.threshold if inspection.threshold else inspection.score
