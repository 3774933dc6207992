"""How much of a source waits; where only its newest pictures count, the older ones are dropped and counted."""

from collections import Counter

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storage.models import FrameRow
from storage.models.open import FRAME_IS_OPEN
from storage.records import DropReason, FrameState
from storage.repositories import roll_ups
from storage.repositories.keeping import unneeded_originals

AT_ONCE = 2000


def count_waiting(session: Session, source_id: int, *, most: int) -> int:
    """Return how many frames of a source wait or are leased, counted to `most`."""
    some = select(FrameRow.id).where(FRAME_IS_OPEN, FrameRow.source_id == source_id).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def drop_overtaken(session: Session, source_id: int, *, keep: int) -> tuple[int, set[str]]:
    """Drop what waits of a source before its newest `keep` frames; what a worker holds it keeps.

    Return how many were dropped and which blobs nothing needs any more.
    """
    waits = (FRAME_IS_OPEN, FrameRow.source_id == source_id, FrameRow.state == FrameState.PENDING)
    overtaken = select(FrameRow.id).where(*waits).order_by(FrameRow.id.desc()).offset(keep).limit(AT_ONCE)
    statement = (
        update(FrameRow)
        .where(FrameRow.id.in_(session.scalars(overtaken).all()), FrameRow.state == FrameState.PENDING)
        .values(state=FrameState.DROPPED, reason=DropReason.OVERTAKEN, has_blob=False)
        .returning(FrameRow.sha256, FrameRow.received_at)
        .execution_options(synchronize_session=False)
    )
    dropped = session.execute(statement).all()
    for starts_at, count in Counter(roll_ups.span_start(received_at) for _, received_at in dropped).items():
        roll_ups.count(session, source_id, starts_at, dropped=count)
    return len(dropped), unneeded_originals(session, {sha256 for sha256, _ in dropped})
