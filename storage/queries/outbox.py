"""What is unsent, since when, and why."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import ChannelRow, DeliveryRow, EventRow
from storage.records import DeliveryKind, DeliveryState, Unsent
from storage.repositories.deliveries import SETTLED, as_delivery


def list_outbox(session: Session, *, limit: int, channel: str | None = None) -> list[Unsent]:
    """Return what waits, is being sent, or was given up; what is wanted longest first."""
    wanted_at = func.coalesce(DeliveryRow.wanted_at, DeliveryRow.created_at)
    query = select(DeliveryRow, ChannelRow.free_at).outerjoin(ChannelRow, ChannelRow.name == DeliveryRow.channel)
    query = query.where(DeliveryRow.state.not_in(SETTLED)).order_by(wanted_at, DeliveryRow.id)
    if channel is not None:
        query = query.where(DeliveryRow.channel == channel)
    return [
        Unsent(as_delivery(row), row.wanted_at or row.created_at, free_at)
        for row, free_at in session.execute(query.limit(limit))
    ]


def untaken_events(session: Session) -> tuple[int, datetime] | None:
    """Return how many events nobody has taken up yet, and since when the oldest waits; None where there is none."""
    query = select(func.count(EventRow.id), func.min(EventRow.created_at)).where(EventRow.done_at.is_(None))
    count, oldest = session.execute(query).one()
    return (int(count), oldest) if count else None


def why_unsent(unsent: Unsent, *, now: datetime) -> str:
    """Say in words why something is not sent."""
    delivery = unsent.delivery
    if delivery.state is DeliveryState.FAILED:
        return f"given up: {delivery.error or 'no reason noted'}"
    if delivery.state is DeliveryState.SENDING:
        return "is being sent"
    if unsent.wanted_at > now:
        return _planned(unsent)
    if delivery.error:
        return delivery.error
    if unsent.channel_free_at is not None and unsent.channel_free_at > now:
        return "its channel is busy, one message a second"
    return "waits its turn"


def next_try_at(unsent: Unsent, *, now: datetime) -> datetime | None:
    """Return when something is tried next at the earliest; None where it is not tried any more."""
    if unsent.delivery.state is not DeliveryState.PENDING:
        return None
    return max(now, unsent.delivery.due_at, unsent.channel_free_at or now)


def _planned(unsent: Unsent) -> str:
    if unsent.delivery.kind is DeliveryKind.ESCALATION:
        return "planned, unless somebody acts before"
    if unsent.delivery.payload.get("notice") == "quiet":
        return "kept back by quiet hours"
    return "planned"
