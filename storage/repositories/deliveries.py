"""The notification log: what is to be sent, what is being sent, what was sent or given up."""

import uuid
from datetime import datetime

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from storage.failpoints import reach
from storage.models import DeliveryRow
from storage.models.open import DELIVERY_IS_OPEN
from storage.records import Delivery, DeliveryKind, DeliveryState, NewDelivery

SETTLED = (DeliveryState.SENT, DeliveryState.FOLDED, DeliveryState.DROPPED)


def add_delivery(session: Session, delivery: NewDelivery, *, now: datetime) -> int | None:
    """Add a call to a notifier and return its id; an edit joins the one that waits for the same incident or outage."""
    if delivery.kind is DeliveryKind.EDIT and _edit_waits(session, delivery.incident_id):
        return None
    if delivery.kind is DeliveryKind.OUTAGE and _outage_waits(session, delivery.outage_id):
        return None
    row = DeliveryRow(
        key=uuid.uuid4().hex,
        kind=delivery.kind,
        channel=delivery.channel,
        state=DeliveryState.PENDING,
        attempts=0,
        created_at=now,
        due_at=delivery.due_at,
        wanted_at=max(delivery.due_at, now),
        incident_id=delivery.incident_id,
        inspection_id=delivery.inspection_id,
        event_id=delivery.event_id,
        outage_id=delivery.outage_id,
        payload=delivery.payload,
    )
    session.add(row)
    session.flush()
    reach("delivery.added")
    return row.id


def claim_due_deliveries(session: Session, *, limit: int, now: datetime) -> list[Delivery]:
    """Mark what is due as being sent and return it, oldest first."""
    query = (
        select(DeliveryRow)
        .where(DELIVERY_IS_OPEN, DeliveryRow.state == DeliveryState.PENDING, DeliveryRow.due_at <= now)
        .order_by(DeliveryRow.due_at, DeliveryRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(query).all()
    for row in rows:
        row.state, row.started_at = DeliveryState.SENDING, now
        row.attempts += 1
    session.flush()
    return [as_delivery(row) for row in rows]


def mark_sent(session: Session, delivery: Delivery, *, message_ts: str | None, now: datetime) -> bool:
    """Record that a delivery arrived; False where another process settled it."""
    is_ours = _settle(session, delivery, state=DeliveryState.SENT, message_ts=message_ts, sent_at=now, error=None)
    reach("delivery.marked")
    return is_ours


def mark_due_again(session: Session, delivery: Delivery, *, due_at: datetime, error: str, counts: bool = True) -> bool:
    """Put a delivery back for a later try; `counts=False` takes the attempt back (a rate limit is no failure)."""
    attempts = delivery.attempts if counts else max(0, delivery.attempts - 1)
    return _settle(
        session,
        delivery,
        state=DeliveryState.PENDING,
        due_at=due_at,
        error=error,
        attempts=attempts,
    )


def mark_failed(session: Session, delivery: Delivery, *, error: str) -> bool:
    """Give a delivery up, visibly."""
    return _settle(session, delivery, state=DeliveryState.FAILED, error=error)


def mark_dropped(session: Session, delivery: Delivery, *, reason: str) -> bool:
    """Let go of a delivery that an act of a person, or the incident's end, made needless."""
    return _settle(session, delivery, state=DeliveryState.DROPPED, error=reason)


def list_unsent(session: Session, *, limit: int) -> list[Delivery]:
    """Return what is not sent yet or was given up, newest first."""
    query = select(DeliveryRow).where(DeliveryRow.state.not_in(SETTLED)).order_by(DeliveryRow.id.desc())
    return [as_delivery(row) for row in session.scalars(query.limit(limit))]


def _edit_waits(session: Session, incident_id: int | None) -> bool:
    query = select(DeliveryRow.id).where(
        DeliveryRow.incident_id == incident_id,
        DeliveryRow.kind == DeliveryKind.EDIT,
        DeliveryRow.state == DeliveryState.PENDING,
    )
    return (
        session.scalar(query.limit(1).with_for_update(skip_locked=True)) is not None
    )  # one being claimed waits no more


def _outage_waits(session: Session, outage_id: int | None) -> bool:
    query = select(DeliveryRow.id).where(DeliveryRow.outage_id == outage_id, DeliveryRow.state == DeliveryState.PENDING)
    return session.scalar(query.limit(1).with_for_update(skip_locked=True)) is not None


def _settle(session: Session, delivery: Delivery, **values: object) -> bool:
    statement = (
        update(DeliveryRow)
        .where(
            DeliveryRow.id == delivery.id,
            DeliveryRow.state == DeliveryState.SENDING,
            DeliveryRow.started_at == delivery.started_at,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    changed = session.execute(statement)
    return isinstance(changed, CursorResult) and changed.rowcount == 1


def as_delivery(row: DeliveryRow) -> Delivery:
    """Turn a row into the record."""
    return Delivery(
        id=row.id,
        key=row.key,
        kind=DeliveryKind(row.kind),
        channel=row.channel,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        due_at=row.due_at,
        started_at=row.started_at,
        incident_id=row.incident_id,
        inspection_id=row.inspection_id,
        payload=row.payload,
        message_ts=row.message_ts,
        error=row.error,
        outage_id=row.outage_id,
        wanted_at=row.wanted_at,
    )
