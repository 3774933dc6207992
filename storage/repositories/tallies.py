"""Small counts over a whole database, for the demo and for tests."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import DeliveryRow, EventRow, FrameRow, IncidentRow, InspectionRow
from storage.models.open import DELIVERY_IS_OPEN, IS_ANOMALOUS


@dataclass(frozen=True, slots=True)
class Tally:
    """How much a database holds; untold counts events and deliveries still to be sent."""

    frames: int
    anomalies: int
    incidents: int
    untold: int


def tally(session: Session) -> Tally:
    """Count inspected frames, anomalies, incidents and what still has to be told."""
    anomalous = IS_ANOMALOUS & InspectionRow.fault.is_(None)
    waiting = _count(session, select(EventRow.id).where(EventRow.done_at.is_(None)).subquery())
    unsent = _count(session, select(DeliveryRow.id).where(DELIVERY_IS_OPEN).subquery())
    return Tally(
        frames=_count(session, select(InspectionRow.id).subquery()),
        anomalies=_count(session, select(InspectionRow.id).where(anomalous).subquery()),
        incidents=_count(session, select(IncidentRow.id).subquery()),
        untold=waiting + unsent,
    )


def scores_by_name(session: Session) -> dict[str, float]:
    """Return the score of every inspected frame by the frame's name."""
    query = select(FrameRow.name, InspectionRow.score).join(FrameRow, FrameRow.id == InspectionRow.frame_id)
    return {name: score for name, score in session.execute(query)}  # noqa: C416 - rows are no tuples to mypy


def _count(session: Session, rows: object) -> int:
    return session.scalar(select(func.count()).select_from(rows)) or 0  # type: ignore[arg-type]  # any FROM clause


def oddest_heatmap(session: Session) -> tuple[int, str] | None:
    """Return the anomaly furthest above its threshold that has a heatmap: its id and the heatmap's sha256."""
    ratio = InspectionRow.score / InspectionRow.threshold
    query = select(InspectionRow.id, InspectionRow.heatmap).where(InspectionRow.heatmap.is_not(None))
    found = session.execute(query.order_by(ratio.desc()).limit(1)).one_or_none()
    return (found[0], found[1]) if found and found[1] else None
