"""Images that ended without being judged, and one image by the name of its file."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from storage.models import FrameRow, InspectionRow, SourceRow
from storage.queries.selection import is_counted
from storage.records import FrameState, Window

ENDED_UNJUDGED = (FrameState.REJECTED, FrameState.DROPPED, FrameState.DEAD_LETTER)
# A name has no index: so many of the newest frames are looked through.
NEWEST_FRAMES = 50_000


@dataclass(frozen=True, slots=True)
class NamedFrame:
    """A frame as a person looks for it; inspection_id None: nothing judged it, for `reason` where that is known."""

    name: str
    source: str
    captured_at: datetime
    state: FrameState
    reason: str | None
    inspection_id: int | None = None


def count_unjudged(session: Session, *, window: Window, sources: tuple[str, ...]) -> dict[tuple[str, str | None], int]:
    """Return how many frames captured in a window ended without being judged, by state and reason."""
    query = select(FrameRow.state, FrameRow.reason, func.count()).where(*_unjudged(window, sources))
    grouped = session.execute(query.group_by(FrameRow.state, FrameRow.reason))
    return {(state, reason): count for state, reason, count in grouped}


def unjudged_frames(session: Session, *, window: Window, sources: tuple[str, ...], limit: int) -> list[NamedFrame]:
    """Return the frames captured in a window that ended without being judged, newest first."""
    query = (
        select(FrameRow, SourceRow.name)
        .join(SourceRow, SourceRow.id == FrameRow.source_id)
        .where(*_unjudged(window, sources))
        .order_by(FrameRow.captured_at.desc(), FrameRow.id.desc())
        .limit(limit)
    )
    return [_as_named(frame, source) for frame, source in session.execute(query)]


def frame_called(session: Session, name: str, *, sources: tuple[str, ...], now: datetime) -> NamedFrame | None:
    """Return the newest frame whose file is called so, with or without its folders, of the newest there are."""
    newest = session.scalar(select(func.max(FrameRow.id))) or 0
    query = (
        select(FrameRow, SourceRow.name)
        .join(SourceRow, SourceRow.id == FrameRow.source_id)
        .where(FrameRow.id > newest - NEWEST_FRAMES, FrameRow.captured_at <= now, SourceRow.name.in_(sources))
        .where(or_(FrameRow.name == name, FrameRow.name.endswith(f"/{name}", autoescape=True)))
        .order_by(FrameRow.id.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    frame, source = found
    own = select(InspectionRow.id).where(InspectionRow.frame_id == frame.id, is_counted)
    return _as_named(frame, source, session.scalar(own.order_by(InspectionRow.id.desc()).limit(1)))


def _unjudged(window: Window, sources: tuple[str, ...]) -> list[ColumnElement[bool]]:
    ids = select(SourceRow.id).where(SourceRow.name.in_(sources))
    return [
        FrameRow.state != FrameState.SCORED,
        FrameRow.state.in_(ENDED_UNJUDGED),
        FrameRow.captured_at >= window.start,
        FrameRow.captured_at < window.end,
        FrameRow.source_id.in_(ids),
    ]


def _as_named(frame: FrameRow, source: str, inspection_id: int | None = None) -> NamedFrame:
    state = FrameState(frame.state)
    return NamedFrame(frame.name, source, frame.captured_at, state, frame.reason, inspection_id)
