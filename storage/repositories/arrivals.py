"""How often a source sends frames, as received."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import FrameRow, RollUpRow
from storage.repositories.roll_ups import write_counts


def last_received_at(session: Session, source_id: int) -> datetime | None:
    """Return when a source's newest frame was received."""
    return session.scalar(select(func.max(FrameRow.received_at)).where(FrameRow.source_id == source_id))


def last_arrivals(session: Session, source_id: int, *, limit: int) -> list[datetime]:
    """Return when a source's last frames were received, oldest first."""
    query = select(FrameRow.received_at).where(FrameRow.source_id == source_id)
    return list(session.scalars(query.order_by(FrameRow.received_at.desc()).limit(limit)))[::-1]


def spans_with_frames(session: Session, source_id: int, *, since: datetime) -> list[datetime]:
    """Return the starts of the quarters of an hour since a moment in which frames were received, oldest first."""
    write_counts(session)
    query = select(RollUpRow.starts_at).where(
        RollUpRow.source_id == source_id, RollUpRow.starts_at >= since, RollUpRow.received > 0
    )
    return list(session.scalars(query.order_by(RollUpRow.starts_at)))
