"""What is to be sent to webhooks: every event once, updates that wait become one."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from storage.models import DeliveryRow
from storage.records import DeliveryKind, DeliveryState, NewDelivery
from storage.repositories.deliveries import add_delivery


def add_webhook(
    session: Session, channel: str, event: str, body: str, *, incident_id: int, due_at: datetime, now: datetime
) -> None:
    """Add a post of one event with its body as it is to be signed."""
    payload = {"event": event, "body": body}
    new = NewDelivery(DeliveryKind.WEBHOOK, channel, due_at, incident_id=incident_id, payload=payload)
    add_delivery(session, new, now=now)


def renew_webhook(session: Session, channel: str, event: str, body: str, *, incident_id: int) -> bool:
    """Give an event of the same kind that nobody has tried to send yet a new body; False where there is none."""
    query = select(DeliveryRow).where(
        _is_event(incident_id, event),
        DeliveryRow.channel == channel,
        DeliveryRow.state == DeliveryState.PENDING,
        DeliveryRow.attempts == 0,
    )
    row = session.scalar(query.limit(1).with_for_update(skip_locked=True))
    if row is None:
        return False
    row.payload = row.payload | {"body": body}
    session.flush()
    return True


def has_event_since(session: Session, event: str, *, incident_id: int, since: datetime) -> bool:
    """Say whether an event of an incident was added since a moment."""
    query = select(DeliveryRow.id).where(_is_event(incident_id, event), DeliveryRow.created_at >= since)
    return session.scalar(query.limit(1)) is not None


def was_routed(session: Session, incident_id: int) -> bool:
    """Say whether an incident was to be told at all: posted, or kept for a summary."""
    query = select(DeliveryRow.id).where(
        DeliveryRow.incident_id == incident_id,
        DeliveryRow.kind == DeliveryKind.POST,
    )
    return session.scalar(query.limit(1)) is not None


def _is_event(incident_id: int, event: str) -> ColumnElement[bool]:
    return and_(
        DeliveryRow.incident_id == incident_id,
        DeliveryRow.kind == DeliveryKind.WEBHOOK,
        DeliveryRow.payload["event"].as_string() == event,
    )
