"""How long frames take from received to inspected, and what waits."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import FrameRow, InspectionRow, SourceRow
from storage.models.open import FRAME_IS_OPEN
from storage.queries.elapsed import seconds_between
from storage.queries.seen import ALL, seen_by
from storage.queries.selection import Selection, conditions

MOST_TIMES = 50_000


@dataclass(frozen=True, slots=True)
class Times:
    """Of frames inspected here: how many, and of the newest seconds from received to inspected and of scoring."""

    inspected: int
    seconds: tuple[float, ...]
    milliseconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Backlog:
    """Frames received by a moment that are not inspected yet."""

    waiting: int
    oldest_at: datetime | None


def inspection_times(session: Session, *, selection: Selection, limit: int = MOST_TIMES) -> Times:
    """Return the times of a selection's inspections; imported ones tell none and are left out."""
    took = seconds_between(session, FrameRow.received_at, InspectionRow.inspected_at)
    wanted = [*conditions(selection), InspectionRow.milliseconds.is_not(None)]
    query = (
        select(took, InspectionRow.milliseconds)
        .join(FrameRow, FrameRow.id == InspectionRow.frame_id)
        .where(*wanted)
        .order_by(InspectionRow.captured_at.desc())
        .limit(limit)
    )
    rows = session.execute(query).all()
    inspected = len(rows)
    if inspected == limit:
        inspected = _timed(session, selection)
    scoring = tuple(milliseconds for _, milliseconds in rows if milliseconds is not None)
    return Times(inspected, tuple(seconds for seconds, _ in rows), scoring)


def backlog(session: Session, *, now: datetime, sources: tuple[str, ...] | None = None) -> Backlog:
    """Return how many frames wait at `now`, and since when the oldest does."""
    query = select(func.count(FrameRow.id), func.min(FrameRow.received_at)).where(
        FRAME_IS_OPEN, FrameRow.received_at <= now
    )
    if sources is not None:
        query = query.where(FrameRow.source_id.in_(select(SourceRow.id).where(SourceRow.name.in_(sources))))
    waiting, oldest_at = session.execute(query).one()
    return Backlog(int(waiting), oldest_at)


def _timed(session: Session, selection: Selection) -> int:
    """Count a selection's inspections that tell a time: all of them but those that tell none, which have an index."""
    seen, _ = seen_by(session, selection=selection, key=ALL).get(0, (0, 0))
    none = select(func.count(InspectionRow.id)).where(*conditions(selection), InspectionRow.milliseconds.is_(None))
    return seen - (session.scalar(none) or 0)
