"""The sending side of the notification log: what may go out now, what is in doubt, and what was told already."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, func, or_, select, update
from sqlalchemy.orm import Session

from storage.failpoints import reach
from storage.models import DeliveryRow, EventRow, InspectionRow, LabelRow
from storage.models.open import DELIVERY_IS_OPEN
from storage.records import Delivery, DeliveryKind, DeliveryState, Label
from storage.repositories.deliveries import as_delivery
from storage.repositories.labels import as_label
from storage.repositories.pace import hold_for, take_free_channels

DOUBTFUL_SINCE = "doubtful_since"
# Of a delivery that was begun: the process that did.
SENDER = "sender"
CLOCKS_DIFFER = timedelta(minutes=5)
OF_THE_MESSAGE = (DeliveryKind.POST, DeliveryKind.EDIT, DeliveryKind.PICTURE)
# Of a post: the place of the message it goes on from.
REPEATS = "repeats"


def has_work(session: Session, *, now: datetime, started_before: datetime) -> bool:
    """Say whether an event waits, a delivery is due or one is stuck: cheap, and takes no lock."""
    due = DELIVERY_IS_OPEN & (DeliveryRow.state == DeliveryState.PENDING) & (DeliveryRow.due_at <= now)
    stuck = DELIVERY_IS_OPEN & _is_stuck(started_before, now)
    if session.scalar(select(EventRow.id).where(EventRow.done_at.is_(None)).limit(1)) is not None:
        return True
    return session.scalar(select(DeliveryRow.id).where(or_(due, stuck)).limit(1)) is not None


def claim_for_channels(
    session: Session, *, busy: Collection[str], limit: int, now: datetime, sender: str | None = None
) -> list[Delivery]:
    """Mark the oldest due delivery of each channel that may be spoken to as being sent, and return them."""
    is_due = DELIVERY_IS_OPEN & (DeliveryRow.state == DeliveryState.PENDING) & (DeliveryRow.due_at <= now)
    claimed = []
    for channel in take_free_channels(session, busy=busy, limit=limit, now=now):
        query = select(DeliveryRow).where(is_due, DeliveryRow.channel == channel)
        oldest = query.order_by(DeliveryRow.due_at, DeliveryRow.id).limit(1).with_for_update(skip_locked=True)
        row = session.scalar(oldest)
        if row is not None:
            row.state, row.started_at, row.attempts = DeliveryState.SENDING, now, row.attempts + 1
            row.payload = row.payload if sender is None else row.payload | {SENDER: sender}
            hold_for(session, channel, row.id)
            claimed.append(row)
    session.flush()
    if claimed:
        reach("delivery.claimed")
    return [as_delivery(row) for row in claimed]


def put_stuck_in_doubt(session: Session, *, started_before: datetime, held: Collection[int], now: datetime) -> int:
    """Make deliveries whose process died due again, marked as doubtful; return how many. held: ids still at work."""
    query = select(DeliveryRow).where(
        DELIVERY_IS_OPEN,
        _is_stuck(started_before, now),
        DeliveryRow.id.not_in(held),
    )
    rows = session.scalars(query.limit(100).with_for_update(skip_locked=True)).all()
    _put_rows_in_doubt(session, rows, now)
    return len(rows)


def put_in_doubt_from_the_gone(session: Session, *, is_gone: Callable[[str], bool], now: datetime) -> int:
    """Make deliveries due again at once, marked as doubtful, whose sender is gone; return how many."""
    query = select(DeliveryRow).where(DELIVERY_IS_OPEN, DeliveryRow.state == DeliveryState.SENDING)
    rows = session.scalars(query.limit(100).with_for_update(skip_locked=True)).all()
    gone = [row for row in rows if is_gone(str(row.payload.get(SENDER, "")))]
    _put_rows_in_doubt(session, gone, now)
    return len(gone)


def put_in_doubt(session: Session, delivery: Delivery, *, due_at: datetime, error: str) -> bool:
    """Put a delivery back that may have arrived, so that it is looked for before it is sent again."""
    row = session.get(DeliveryRow, delivery.id, with_for_update=True)
    if row is None or row.state != DeliveryState.SENDING or row.started_at != delivery.started_at:
        return False
    row.payload = _doubtful(row.payload, row.started_at or due_at)
    row.state, row.due_at, row.error = DeliveryState.PENDING, due_at, error
    session.flush()
    return True


def doubtful_since(delivery: Delivery) -> datetime | None:
    """Return when a delivery may first have arrived unseen, None where it never was in doubt."""
    since = delivery.payload.get(DOUBTFUL_SINCE)
    return datetime.fromisoformat(since) if since else None


def keep_in_payload(session: Session, delivery: Delivery, **values: Any) -> Delivery:
    """Remember how far a delivery being sent has come, and return it as it is now."""
    kept = replace(delivery, payload=delivery.payload | values)
    _settle(session, kept, payload=kept.payload)
    return kept


def has_open_post(session: Session, incident_id: int) -> bool:
    """Say whether an incident's first message is still to come."""
    open_states = DeliveryRow.state.in_((DeliveryState.PENDING, DeliveryState.SENDING))
    return _first(session, incident_id, DeliveryKind.POST, open_states) is not None


def count_posts(session: Session, incident_id: int) -> int:
    """Return how often an incident's message was posted, since it was last told anew by plan."""
    query = select(DeliveryRow.payload).where(
        DeliveryRow.incident_id == incident_id,
        DeliveryRow.kind == DeliveryKind.POST,
        DeliveryRow.state == DeliveryState.SENT,
    )
    count = 0
    for payload in session.scalars(query.order_by(DeliveryRow.id)):
        count = 1 if REPEATS in payload else count + 1
    return count


def last_post(session: Session, incident_id: int) -> Delivery | None:
    """Return the newest delivery of an incident's message that was not folded into another."""
    row = _first(session, incident_id, DeliveryKind.POST, DeliveryRow.folded_into.is_(None))
    return None if row is None else as_delivery(row)


def has_escalation(session: Session, incident_id: int) -> bool:
    """Say whether an incident was, or will be, escalated because nobody acted."""
    is_call = DeliveryRow.payload["is_worse"].as_boolean().is_(True)
    return _first(session, incident_id, DeliveryKind.ESCALATION, func.coalesce(is_call, False).is_(False)) is not None


def note_route(session: Session, post: Delivery, route: dict[str, Any]) -> None:
    """Remember by which rule an incident is told from now on."""
    row = session.get_one(DeliveryRow, post.id, with_for_update=True)
    row.payload = row.payload | route
    session.flush()


def last_told_at(session: Session, incident_id: int) -> datetime | None:
    """Return when an incident's message was last posted or changed."""
    query = select(func.max(DeliveryRow.sent_at)).where(
        DeliveryRow.incident_id == incident_id,
        DeliveryRow.kind.in_(OF_THE_MESSAGE),
    )
    return session.scalar(query)


def last_picture(session: Session, incident_id: int) -> Delivery | None:
    """Return the newest delivery of a picture for an incident, however far it has come."""
    row = _first(session, incident_id, DeliveryKind.PICTURE)
    return None if row is None else as_delivery(row)


def last_labels(session: Session, incident_id: int, *, limit: int) -> list[Label]:
    """Return the last word on each labelled inspection of an incident, newest first."""
    newest = select(func.max(LabelRow.id)).join(InspectionRow, InspectionRow.id == LabelRow.inspection_id)
    newest = newest.where(InspectionRow.incident_id == incident_id, LabelRow.withdrawn_at.is_(None)).group_by(
        LabelRow.inspection_id
    )
    query = select(LabelRow).where(LabelRow.id.in_(newest)).order_by(LabelRow.id.desc()).limit(limit)
    return [as_label(row) for row in session.scalars(query)]


def _first(session: Session, incident_id: int, kind: DeliveryKind, *where: Any) -> DeliveryRow | None:
    query = select(DeliveryRow).where(DeliveryRow.incident_id == incident_id, DeliveryRow.kind == kind, *where)
    return session.scalar(query.order_by(DeliveryRow.id.desc()).limit(1))


def _is_stuck(started_before: datetime, now: datetime) -> ColumnElement[bool]:
    """Say that a delivery was begun too long ago, or by a clock that was far ahead, more than clocks differ."""
    ahead = now + CLOCKS_DIFFER + max(now - started_before, timedelta(0))
    is_old = or_(DeliveryRow.started_at < started_before, DeliveryRow.started_at > ahead)
    return (DeliveryRow.state == DeliveryState.SENDING) & is_old


def _put_rows_in_doubt(session: Session, rows: Sequence[DeliveryRow], now: datetime) -> None:
    for row in rows:
        row.payload = _doubtful(row.payload, min(row.started_at or now, now))
        row.state, row.due_at, row.error = DeliveryState.PENDING, now, "its sender died"
    session.flush()


def _doubtful(payload: dict[str, Any], since: datetime) -> dict[str, Any]:
    return {DOUBTFUL_SINCE: since.isoformat()} | payload


def _settle(session: Session, delivery: Delivery, **values: object) -> bool:
    statement = update(DeliveryRow).where(
        DeliveryRow.id == delivery.id,
        DeliveryRow.state == DeliveryState.SENDING,
        DeliveryRow.started_at == delivery.started_at,
    )
    changed = session.execute(statement.values(**values).execution_options(synchronize_session=False))
    return isinstance(changed, CursorResult) and changed.rowcount == 1
