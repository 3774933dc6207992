"""The ledger of frames, which is also the queue: receive, lease, give back, end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import CursorResult, Row, Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.database import database_now
from storage.failpoints import reach
from storage.models import FrameRow
from storage.models.open import FRAME_IS_OPEN
from storage.records import Frame, FrameState, Lease, NewFrame, RejectReason
from storage.repositories import roll_ups
from storage.repositories.claims import choose_frames

MAX_ATTEMPTS = 5
# Built once: what every frame goes through must cost little.
FRAME: Table = FrameRow.__table__  # type: ignore[assignment]  # as mapped
ITSELF = (FRAME.c.source_id, FRAME.c.sha256, FRAME.c.captured_at)
RECEIVE = {
    "sqlite": sqlite.insert(FRAME).on_conflict_do_nothing().returning(FRAME.c.id, *ITSELF),
    "postgresql": postgresql.insert(FRAME).on_conflict_do_nothing().returning(FRAME.c.id, *ITSELF),
}
THESE = FRAME.c.id.in_(bindparam("ids", expanding=True))
LEASE = (
    update(FRAME)
    .where(THESE)
    .values(
        state=FrameState.LEASED,
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
        attempt=FRAME.c.attempt + 1,
    )
)
FENCED = (
    update(FRAME)
    .where(
        THESE,
        FRAME.c.state == FrameState.LEASED,
        FRAME.c.lease_owner == bindparam("its_owner"),
        FRAME.c.attempt == bindparam("its_attempt"),
    )
    .returning(FRAME.c.id)
)
FREE = {"lease_owner": None, "lease_until": None}
FINISH = FENCED.values(state=bindparam("state"), reason=bindparam("reason"), **FREE)
GIVE_BACK = FENCED.values(state=FrameState.PENDING, attempt=bindparam("attempt"), **FREE)


def receive_frame(session: Session, frame: NewFrame, *, rejected: RejectReason | None = None) -> int | None:
    """Add one frame to the ledger, as receive_frames does."""
    return receive_frames(session, [(frame, rejected)])[0]


def receive_frames(session: Session, received: Sequence[tuple[NewFrame, RejectReason | None]]) -> list[int | None]:
    """Add frames to the ledger and return the id of each; None for a duplicate, which is counted.

    A frame with a reason ends at once as rejected, for example a FIFO or a file too large to be stored.
    """
    if not received:
        return []
    session.flush()
    connection = session.connection()
    rows = connection.execute(RECEIVE[connection.dialect.name], [_as_row(*one) for one in received])
    new = {tuple(itself): frame_id for frame_id, *itself in rows}
    reach("frame.received")
    ids = [new.pop((frame.source_id, frame.sha256, frame.captured_at), None) for frame, _ in received]
    for (frame, rejected), frame_id in zip(received, ids, strict=True):
        if frame_id is None:
            roll_ups.count(session, frame.source_id, frame.received_at, duplicates=1)
        else:
            roll_ups.count(session, frame.source_id, frame.received_at, received=1, rejected=int(rejected is not None))
            roll_ups.note_newest(session, frame.source_id, frame.captured_at)
    return ids


def _as_row(frame: NewFrame, rejected: RejectReason | None) -> dict[str, Any]:
    return {
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
    rows = choose_frames(session, clock, limit)
    tried = [row for row in rows if row.attempt]
    leases = []
    for row in tried[:1] or rows:
        if row.attempt >= MAX_ATTEMPTS:
            _give_up(session, row)
            continue
        leased = replace(as_frame(row), state=FrameState.LEASED, attempt=row.attempt + 1)
        leases.append(Lease(frame=leased, owner=owner, attempt=leased.attempt))
    if leases:
        until = clock + timedelta(seconds=lease_seconds)
        ids = [lease.frame.id for lease in leases]
        session.connection().execute(LEASE, {"ids": ids, "owner": owner, "until": until})
        reach("frame.claimed")
    return leases


def _give_up(session: Session, row: Row[Any]) -> None:
    values = {"state": FrameState.DEAD_LETTER, "reason": f"failed {row.attempt} times", "lease_owner": None}
    session.execute(update(FRAME).where(FRAME.c.id == row.id).values(values))
    roll_ups.count(session, row.source_id, row.received_at, dead_letter=1)


def finish_frame(session: Session, lease: Lease, state: FrameState, reason: str | None = None) -> bool:
    """End a leased frame by compare-and-set on its fence; return False where the lease was lost."""
    return bool(finish_frames(session, [lease], state, reason))


def finish_frames(session: Session, leases: Sequence[Lease], state: FrameState, reason: str | None = None) -> set[int]:
    """End leased frames by compare-and-set on their fences; return the ids of those whose lease was not lost."""
    fences: dict[tuple[str, int], list[int]] = {}
    for lease in leases:
        fences.setdefault((lease.owner, lease.attempt), []).append(lease.frame.id)
    ended: set[int] = set()
    for fence, ids in fences.items():
        ended.update(_fenced(session, fence, ids, FINISH, state=state, reason=reason))
    reach("frame.ended")
    for lease in leases:
        if lease.frame.id in ended:
            roll_ups.count(session, lease.frame.source_id, lease.frame.received_at, **{str(state): 1})
    return ended


def give_back_frame(session: Session, lease: Lease, *, counts: bool) -> bool:
    """Return a leased frame to the queue; `counts` says whether the attempt was a failure."""
    attempt = lease.attempt if counts else lease.attempt - 1
    fence = lease.owner, lease.attempt
    return bool(_fenced(session, fence, [lease.frame.id], GIVE_BACK, attempt=attempt))


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


def _fenced(
    session: Session, fence: tuple[str, int], ids: Sequence[int], statement: Any, **values: object
) -> Sequence[int]:
    """Change those of some frames that are still leased by this owner, in this attempt; return which."""
    session.flush()
    owner, attempt = fence
    its = {"ids": ids, "its_owner": owner, "its_attempt": attempt}
    changed: Sequence[int] = session.connection().execute(statement, its | values).scalars().all()
    return changed


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
