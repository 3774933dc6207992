"""Times in which a source was not judged: opened and ended with the frames that say so, and told from one message."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import CursorResult, Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import DeliveryRow, OutageRow, SourceRow
from storage.records import DeliveryState, EventKind, Outage
from storage.repositories.events import add_event

CAMERA_LOCK = 0x0DD6


class UnknownOutageError(StorageError):
    """There is no outage of this id."""

    def __init__(self, outage_id: int) -> None:
        super().__init__(f"There is no outage {outage_id}.")


def watch_alone(session: Session, source_ids: Iterable[int]) -> None:
    """Until the transaction ends, let nobody else who asks for it judge these sources' cameras.

    All that a transaction needs are asked for at once and in order, or two could wait for each other. SQLite has one
    writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        for source_id in sorted(source_ids):
            session.execute(select(func.pg_advisory_xact_lock(CAMERA_LOCK, source_id)))


def open_outage_of(session: Session, source_id: int) -> Outage | None:
    """Return the outage of a source that goes on, None where there is none."""
    query = _outages().where(OutageRow.source_id == source_id, OutageRow.ended_at.is_(None))
    row = session.execute(query).one_or_none()
    return None if row is None else as_outage(row[0], row[1])


def open_outage(
    session: Session,
    *,
    source_id: int,
    kind: str,
    started_at: datetime,
    last_at: datetime,
    frames: int,
    is_told: bool,
    now: datetime,
) -> int | None:
    """Open an outage, with an event where people are told of it; return its id, None where one goes on already."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {
        "source_id": source_id,
        "kind": kind,
        "started_at": started_at,
        "last_at": last_at,
        "frames": frames,
        "good": 0,
        "is_told": is_told,
        "posts": 0,
        "told_frames": 0,
    }
    outage_id = session.scalar(insert(OutageRow).values(values).on_conflict_do_nothing().returning(OutageRow.id))
    if outage_id is not None and is_told:
        add_event(session, EventKind.OUTAGE, source_id=source_id, payload={"outage_id": outage_id}, now=now)
    return outage_id


def keep_outage(session: Session, outage: Outage) -> bool:
    """Keep kind, last moment, frames and good frames of an outage that goes on; False where it ended meanwhile."""
    values = {"kind": outage.kind, "last_at": outage.last_at, "frames": outage.frames, "good": outage.good}
    return _change(session, outage, **values)


def end_outage(session: Session, outage: Outage, *, at: datetime, now: datetime) -> bool:
    """End an outage, with an event where people were told of it; False where it ended meanwhile."""
    ended_at = max(at, outage.started_at)
    if not _change(session, outage, ended_at=ended_at, frames=outage.frames, good=outage.good):
        return False
    if session.get_one(OutageRow, outage.id).is_told:
        payload = {"outage_id": outage.id}
        add_event(session, EventKind.OUTAGE, source_id=outage.source_id, payload=payload, now=now)
    return True


def outage_by_id(session: Session, outage_id: int) -> Outage:
    """Return one outage; raise UnknownOutageError."""
    row = session.execute(_outages().where(OutageRow.id == outage_id)).one_or_none()
    if row is None:
        raise UnknownOutageError(outage_id)
    return as_outage(row[0], row[1])


def list_outages(session: Session, *, limit: int, source: str | None = None, only_open: bool = False) -> list[Outage]:
    """Return outages, the newest first."""
    query = _outages().order_by(OutageRow.started_at.desc(), OutageRow.id.desc()).limit(limit)
    if source is not None:
        query = query.where(SourceRow.name == source)
    if only_open:
        query = query.where(OutageRow.ended_at.is_(None))
    return [as_outage(row, name) for row, name in session.execute(query)]


def told_outages_going_on(session: Session, *, limit: int) -> list[Outage]:
    """Return the outages that go on and that people are told of."""
    query = _outages().where(OutageRow.ended_at.is_(None), OutageRow.is_told.is_(True)).order_by(OutageRow.id)
    return [as_outage(row, name) for row, name in session.execute(query.limit(limit))]


def set_outage_message(session: Session, outage_id: int, *, channel: str, message_ts: str) -> None:
    """Remember where an outage's message stands, and that it was posted once more."""
    values = {"channel": channel, "message_ts": message_ts, "posts": OutageRow.posts + 1}
    session.execute(update(OutageRow).where(OutageRow.id == outage_id).values(**values))


def set_told_frames(session: Session, outage_id: int, frames: int) -> None:
    """Remember how many frames an outage's message says."""
    session.execute(update(OutageRow).where(OutageRow.id == outage_id).values(told_frames=frames))


def count_outage_posts(session: Session, outage_id: int) -> int:
    """Return how often an outage's message was posted."""
    return session.scalar(select(OutageRow.posts).where(OutageRow.id == outage_id)) or 0


def outage_told_at(session: Session, outage_id: int) -> datetime | None:
    """Return when an outage's message was last posted or changed."""
    return session.scalar(select(func.max(DeliveryRow.sent_at)).where(DeliveryRow.outage_id == outage_id))


def is_outage_settled(session: Session, outage_id: int) -> bool:
    """Say whether nothing of an outage is still to be sent, and nothing was given up: then its message may change."""
    query = select(DeliveryRow.id).where(DeliveryRow.outage_id == outage_id, DeliveryRow.state != DeliveryState.SENT)
    return session.scalar(query.limit(1)) is None


def as_outage(row: OutageRow, source: str) -> Outage:
    """Turn a row into the record."""
    return Outage(
        id=row.id,
        source_id=row.source_id,
        source=source,
        kind=row.kind,
        started_at=row.started_at,
        last_at=row.last_at,
        ended_at=row.ended_at,
        frames=row.frames,
        good=row.good,
        told_frames=row.told_frames,
        channel=row.channel,
        message_ts=row.message_ts,
    )


def _outages() -> Select[OutageRow, str]:
    return select(OutageRow, SourceRow.name).join(SourceRow, SourceRow.id == OutageRow.source_id)


def _change(session: Session, outage: Outage, **values: object) -> bool:
    goes_on = update(OutageRow).where(OutageRow.id == outage.id, OutageRow.ended_at.is_(None))
    changed = session.execute(goes_on.values(**values))
    return isinstance(changed, CursorResult) and changed.rowcount == 1
