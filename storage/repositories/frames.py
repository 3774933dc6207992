"""The ledger of frames, which is also the queue: receive, lease, give back, end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Row, Select, Table, Update, bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.database import database_now
from storage.failpoints import reach
from storage.models import DetectorVersionRow, FrameRow, SourceRow
from storage.models.open import FRAME_IS_OPEN
from storage.records import Frame, FrameState, Lease, NewFrame, RejectReason, SourceState
from storage.repositories import roll_ups
from storage.repositories.leases import has_run_out

MAX_ATTEMPTS = 5
JUDGED_STATES = (SourceState.COMMISSIONING, SourceState.LIVE)
# Built once: what every frame goes through must cost little.
FRAME: Table = FrameRow.__table__  # type: ignore[assignment]  # as mapped
RECEIVE = {
    "sqlite": sqlite.insert(FRAME).on_conflict_do_nothing().returning(FRAME.c.id),
    "postgresql": postgresql.insert(FRAME).on_conflict_do_nothing().returning(FRAME.c.id),
}
FENCED = update(FRAME).where(
    FRAME.c.id == bindparam("its_id"),
    FRAME.c.state == FrameState.LEASED,
    FRAME.c.lease_owner == bindparam("its_owner"),
    FRAME.c.attempt == bindparam("its_attempt"),
)
FREE = {"lease_owner": None, "lease_until": None}
FINISH = FENCED.values(state=bindparam("state"), reason=bindparam("reason"), **FREE)
GIVE_BACK = FENCED.values(state=bindparam("state"), attempt=bindparam("attempt"), **FREE)


def receive_frame(session: Session, frame: NewFrame, *, rejected: RejectReason | None = None) -> int | None:
    """Add a frame to the ledger and return its id; None for a duplicate, which is counted.

    rejected: the frame ends at once, for example a FIFO or a file too large to be stored.
    """
    values = {
        "source_id": frame.source_id,
        "sha256": frame.sha256,
        "captured_at": frame.captured_at,
        "captured_by": frame.captured_by,
        "received_at": frame.received_at,
        "sequence": frame.sequence,
        "name": frame.name,
        "origin": frame.origin,
        "size_bytes": frame.size_bytes,
        "attributes": frame.attributes,
        "state": FrameState.REJECTED if rejected else FrameState.PENDING,
        "reason": rejected,
        "attempt": 0,
        "has_blob": rejected is None,
    }
    session.flush()
    connection = session.connection()
    frame_id: int | None = connection.execute(RECEIVE[connection.dialect.name], values).scalar()
    if frame_id is None:
        roll_ups.count(session, frame.source_id, frame.received_at, duplicates=1)
        return None
    roll_ups.count(session, frame.source_id, frame.received_at, received=1, rejected=int(rejected is not None))
    reach("frame.received")
    roll_ups.note_newest(session, frame.source_id, frame.captured_at)
    return frame_id


def has_origin(session: Session, source_id: int, origin: str) -> bool:
    """Say whether an arrival was taken before."""
    query = select(FrameRow.id).where(FrameRow.source_id == source_id, FrameRow.origin == origin)
    return session.scalar(query.limit(1)) is not None


def claim_frames(session: Session, *, owner: str, limit: int, lease_seconds: float) -> list[Lease]:
    """Lease frames that wait or whose lease ran out, oldest first; one that failed too often goes to dead_letter.

    Every source with something to do gets its share, so that one that floods the ledger delays no other. A frame that
    was tried before is leased alone: where it ends the process, it takes no other with it.
    """
    clock = database_now(session)
    rows = _chosen(session, clock, limit)
    tried = [row for row in rows if row.attempt]
    leases = []
    for row in tried[:1] or rows:
        if row.attempt >= MAX_ATTEMPTS:
            _give_up(session, row)
            continue
        leased = replace(as_frame(row), state=FrameState.LEASED, attempt=row.attempt + 1)
        leases.append(Lease(frame=leased, owner=owner, attempt=leased.attempt))
    if leases:
        values = {"state": FrameState.LEASED, "lease_owner": owner, "attempt": FRAME.c.attempt + 1}
        own = update(FRAME).where(FRAME.c.id.in_([lease.frame.id for lease in leases]))
        session.execute(own.values(values | {"lease_until": clock + timedelta(seconds=lease_seconds)}))
        reach("frame.claimed")
    return leases


def _give_up(session: Session, row: Row[Any]) -> None:
    values = {"state": FrameState.DEAD_LETTER, "reason": f"failed {row.attempt} times", "lease_owner": None}
    session.execute(update(FRAME).where(FRAME.c.id == row.id).values(values))
    roll_ups.count(session, row.source_id, row.received_at, dead_letter=1)


def _chosen(session: Session, clock: datetime, limit: int) -> Sequence[Row[Any]]:
    """Return each source's share of what may be leased, and of the rest what has waited longest; oldest first."""
    shares = _shares(session, clock, limit)
    rows = [row for one, share in shares for row in session.execute(_claimable(clock, share).where(_is_of(one)))]
    left = limit - len(rows)
    if shares and left:  # others hold a source's oldest, or a source has fewer than its share
        rest = _claimable(clock, left).where(FRAME.c.id.not_in([row.id for row in rows]))
        rows += session.execute(rest)
    return sorted(rows, key=lambda row: row.id)


def _is_of(source_id: int) -> ColumnElement[bool]:
    return FrameRow.source_id == source_id


def _shares(session: Session, clock: datetime, limit: int) -> list[tuple[int, int]]:
    """Divide what may be leased among the judged sources with something to lease, the longest waiting first.

    Return each source's id and how much it gets.
    """
    oldest = (
        select(FrameRow.id)
        .where(FRAME_IS_OPEN, FrameRow.source_id == SourceRow.id, _is_free(clock))
        .order_by(FrameRow.id)
        .limit(1)
        .correlate(SourceRow)
        .scalar_subquery()
    )
    sources = select(SourceRow.id, oldest).join(
        DetectorVersionRow, DetectorVersionRow.id == SourceRow.active_version_id
    )
    judged = sources.where(SourceRow.state.in_(JUDGED_STATES), DetectorVersionRow.bundle.is_not(None))
    waiting = sorted((first, source_id) for source_id, first in session.execute(judged) if first is not None)[:limit]
    share, left = divmod(limit, len(waiting) or 1)
    return [(source_id, share + (place < left)) for place, (_, source_id) in enumerate(waiting)]


def _is_free(clock: datetime) -> ColumnElement[bool]:
    """Say that a frame waits, or that its lease ran out."""
    ran_out = (FrameRow.state == FrameState.LEASED) & has_run_out(FrameRow.lease_until, clock)
    return or_(FrameRow.state == FrameState.PENDING, ran_out)


def _claimable(clock: datetime, limit: int) -> Select[Any]:
    return (
        select(FRAME)
        .join(SourceRow, SourceRow.id == FrameRow.source_id)
        .join(DetectorVersionRow, DetectorVersionRow.id == SourceRow.active_version_id)
        .where(
            FRAME_IS_OPEN,
            _is_free(clock),
            SourceRow.state.in_(JUDGED_STATES),
            DetectorVersionRow.bundle.is_not(None),
        )
        .order_by(FrameRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=FrameRow)
    )


def finish_frame(session: Session, lease: Lease, state: FrameState, reason: str | None = None) -> bool:
    """End a leased frame by compare-and-set on its fence; return False where the lease was lost."""
    changed = _fenced(session, lease, FINISH, state=state, reason=reason)
    reach("frame.ended")
    if changed:
        roll_ups.count(session, lease.frame.source_id, lease.frame.received_at, **{str(state): 1})
    return changed


def give_back_frame(session: Session, lease: Lease, *, counts: bool) -> bool:
    """Return a leased frame to the queue; `counts` says whether the attempt was a failure."""
    attempt = lease.attempt if counts else lease.attempt - 1
    return _fenced(session, lease, GIVE_BACK, state=FrameState.PENDING, attempt=attempt)


def give_back_frames_of(session: Session, owner: str) -> int:
    """Return to the queue what an owner held that is gone, each attempt counted as a failure; return how many."""
    is_held = FRAME_IS_OPEN & (FrameRow.state == FrameState.LEASED) & (FrameRow.lease_owner == owner)
    statement = update(FrameRow).where(is_held)
    values = {"state": FrameState.PENDING, "lease_owner": None, "lease_until": None}
    changed = session.execute(statement.values(values).execution_options(synchronize_session=False))
    return changed.rowcount if isinstance(changed, CursorResult) else 0


def queue_depth(session: Session) -> int:
    """Return how many frames wait or are leased, counted to 10,000 at most."""
    return len(session.scalars(select(FrameRow.id).where(FRAME_IS_OPEN).order_by(FrameRow.id).limit(10_000)).all())


def _fenced(session: Session, lease: Lease, statement: Update, **values: object) -> bool:
    session.flush()
    fence = {"its_id": lease.frame.id, "its_owner": lease.owner, "its_attempt": lease.attempt}
    return session.connection().execute(statement, fence | values).rowcount == 1


def as_frame(row: FrameRow | Row[Any]) -> Frame:
    """Turn a row into the record."""
    return Frame(
        id=row.id,
        source_id=row.source_id,
        sha256=row.sha256,
        captured_at=row.captured_at,
        captured_by=row.captured_by,
        received_at=row.received_at,
        name=row.name,
        state=FrameState(row.state),
        reason=row.reason,
        attempt=row.attempt,
        attributes=dict(row.attributes),
    )
