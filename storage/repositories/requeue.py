"""Letting frames wait again that were given up or rejected: by a person's act, with an audit row each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CursorResult, Select, case, func, select, update
from sqlalchemy.orm import Session

from storage.models import FrameRow, SourceRow
from storage.records import EndedFrames, FrameState
from storage.repositories import roll_ups
from storage.repositories.audit import write_audit

ACTION = "frame_requeued"


@dataclass(frozen=True, slots=True)
class Ended:
    """Which frames are meant: of a state that can be taken back, for a reason, of a source; or by their ids."""

    ids: tuple[int, ...] = ()
    state: FrameState | None = None
    reason: str | None = None
    source: str | None = None


TAKEN_BACK = (FrameState.DEAD_LETTER, FrameState.REJECTED)


def ended_frames(session: Session) -> list[EndedFrames]:
    """Return how many frames were given up or rejected, by source, state and reason, those of the most first."""
    kept = func.sum(case((FrameRow.has_blob, 1), else_=0))
    query = (
        select(SourceRow.name, FrameRow.state, FrameRow.reason, func.count(), kept, func.max(FrameRow.received_at))
        .join(SourceRow, SourceRow.id == FrameRow.source_id)
        .where(FrameRow.state.in_(TAKEN_BACK))
        .group_by(SourceRow.name, FrameRow.state, FrameRow.reason)
        .order_by(func.count().desc(), SourceRow.name, FrameRow.reason)
    )
    return [
        EndedFrames(source, FrameState(state), reason or "none noted", int(frames), int(with_image), newest)
        for source, state, reason, frames, with_image, newest in session.execute(query)
    ]


def frames_to_requeue(session: Session, wanted: Ended, *, limit: int) -> list[int]:
    """Return the ids of the frames that are meant and can wait again, oldest first."""
    query = _meant(wanted).where(FrameRow.has_blob).order_by(FrameRow.id).limit(limit)
    return list(session.scalars(query.with_only_columns(FrameRow.id)))


def requeue_frame(session: Session, frame_id: int, *, actor: str, now: datetime) -> bool:
    """Let one frame wait again as if it had never been tried; False where it is not ended so, or has no image."""
    row = session.get(FrameRow, frame_id, populate_existing=True)
    if row is None or row.state not in TAKEN_BACK or not row.has_blob:
        return False
    was, reason, source_id, received_at = row.state, row.reason, row.source_id, row.received_at
    unchanged = update(FrameRow).where(FrameRow.id == frame_id, FrameRow.state == was, FrameRow.has_blob)
    waiting = {"state": FrameState.PENDING, "reason": None, "attempt": 0, "lease_owner": None, "lease_until": None}
    changed = session.execute(unchanged.values(waiting).execution_options(synchronize_session=False))
    if not isinstance(changed, CursorResult) or changed.rowcount != 1:
        return False
    session.expire(row)
    roll_ups.count(session, source_id, received_at, **{was: -1})
    detail = {"was": was, "reason": reason}
    write_audit(session, actor=actor, action=ACTION, subject=f"frame-{frame_id}", detail=detail, now=now)
    return True


def _meant(wanted: Ended) -> Select[FrameRow]:
    query = select(FrameRow).where(FrameRow.state.in_(TAKEN_BACK))
    if wanted.ids:
        query = query.where(FrameRow.id.in_(wanted.ids))
    if wanted.state is not None:
        query = query.where(FrameRow.state == wanted.state)
    if wanted.reason is not None:
        query = query.where(FrameRow.reason == wanted.reason)
    if wanted.source is not None:
        query = query.where(FrameRow.source_id.in_(select(SourceRow.id).where(SourceRow.name == wanted.source)))
    return query
