"""Which frame something that is told is about: what a log line names as its trace."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import InspectionRow
from storage.records import Delivery, Event


def trace_of_event(session: Session, event: Event) -> int | None:
    """Return the frame an event is about; None where it is about none."""
    return _frame_of(session, event.inspection_id)


def trace_of_delivery(session: Session, delivery: Delivery) -> int | None:
    """Return the frame a delivery tells of: of an incident, the newest one; None where it tells of none."""
    if delivery.incident_id is not None:
        newest = select(InspectionRow.frame_id).where(InspectionRow.incident_id == delivery.incident_id)
        return session.scalar(newest.order_by(InspectionRow.id.desc()).limit(1))
    return _frame_of(session, delivery.inspection_id)


def _frame_of(session: Session, inspection_id: int | None) -> int | None:
    if inspection_id is None:
        return None
    return session.scalar(select(InspectionRow.frame_id).where(InspectionRow.id == inspection_id))
