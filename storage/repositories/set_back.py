"""What a clock that was set back had put off: it must not wait until that clock would have come there."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from storage.models import AlarmRow, ChannelRow, DeliveryRow
from storage.models.open import DELIVERY_IS_OPEN
from storage.records import DeliveryState
from storage.repositories.pace import HOLD

# Clocks of several machines differ by so much without anybody having set one back.
SLACK = timedelta(seconds=60)


def forget_the_future(session: Session, *, now: datetime) -> int:
    """Bring to the present what a clock wrote that was ahead: deliveries that wait, channels held, alarms put off.

    Where nothing was written in the future, nothing is changed. Return how many deliveries were brought forward.
    """
    rows = session.scalars(select(DeliveryRow).where(*_is_ahead(now)).with_for_update(skip_locked=True)).all()
    for row in rows:
        ahead = max(row.created_at, row.started_at or row.created_at) - now
        row.due_at = max(now, row.due_at - ahead)
        row.wanted_at = row.wanted_at and min(row.wanted_at, row.due_at)
        row.created_at, row.started_at = min(row.created_at, now), row.started_at and min(row.started_at, now)
    session.flush()
    if rows or _was_ahead(session, now):
        _let_channels_go(session, now)
    put_off = AlarmRow.try_at > now + SLACK
    session.execute(update(AlarmRow).where(put_off).values(try_at=now).execution_options(synchronize_session=False))
    return len(rows)


def _is_ahead(now: datetime) -> tuple[ColumnElement[bool], ...]:
    later = now + SLACK
    waits = DELIVERY_IS_OPEN & (DeliveryRow.state == DeliveryState.PENDING)
    return waits, or_(DeliveryRow.created_at > later, DeliveryRow.started_at > later)


def _was_ahead(session: Session, now: datetime) -> bool:
    """Say whether something was sent, or is being sent, by a clock that was ahead."""
    is_sending = DELIVERY_IS_OPEN & (DeliveryRow.state == DeliveryState.SENDING)
    begun = session.scalar(select(func.max(DeliveryRow.started_at)).where(is_sending))
    reached = session.scalar(select(func.max(ChannelRow.reached_at)))
    return any(moment is not None and moment > now + SLACK for moment in (begun, reached))


def _let_channels_go(session: Session, now: datetime) -> None:
    held = ChannelRow.free_at > now + HOLD
    values = {"free_at": now, "held_by": None}
    session.execute(update(ChannelRow).where(held).values(values).execution_options(synchronize_session=False))
    ahead = ChannelRow.reached_at > now
    session.execute(update(ChannelRow).where(ahead).values(reached_at=now).execution_options(synchronize_session=False))
