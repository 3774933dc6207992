"""Alarms: troubles of telling itself, raised once, told by another way, and called off once."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.models import AlarmRow, ChannelRow, DeliveryRow, EventRow
from storage.models.open import DELIVERY_IS_OPEN
from storage.records import Alarm, DeliveryKind, DeliveryState

FAILED, UNSENT = "failed", "unsent"
# Raised and called off by the watchdog of Socket Mode alone.
SOCKET = "socket"
EVENTS = "events"
# The place of troubles that are none of telling; whoever looks at the disk raises them and calls them off.
DISK = "the disk"
LOST_EVENT_STANDS = timedelta(hours=1)
TELLING = (
    DeliveryKind.POST,
    DeliveryKind.NOTICE,
    DeliveryKind.ESCALATION,
    DeliveryKind.WEBHOOK,
    DeliveryKind.EDIT,
    DeliveryKind.REMOVAL,
)
OPEN_STATES = (DeliveryState.PENDING, DeliveryState.SENDING)


def raise_alarm(session: Session, kind: str, channel: str, reason: str, *, now: datetime) -> bool:
    """Raise an alarm and return whether it is new; one that stands for the same trouble of a channel is kept."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"key": f"{kind} {channel}", "channel": channel, "reason": reason, "raised_at": now, "try_at": now}
    raised = insert(AlarmRow).values(values).on_conflict_do_nothing().returning(AlarmRow.id)
    return session.scalar(raised) is not None


def has_alarm(session: Session, kind: str, channel: str) -> bool:
    """Say whether an alarm stands."""
    query = select(AlarmRow.id).where(AlarmRow.key == f"{kind} {channel}", AlarmRow.cleared_at.is_(None))
    return session.scalar(query) is not None


def call_off(session: Session, kind: str, channel: str, *, now: datetime) -> bool:
    """Call off an alarm whose trouble is over; return whether it stood."""
    stands = update(AlarmRow).where(AlarmRow.key == f"{kind} {channel}", AlarmRow.cleared_at.is_(None))
    changed = session.execute(stands.values(cleared_at=now, try_at=now).execution_options(synchronize_session=False))
    return isinstance(changed, CursorResult) and changed.rowcount == 1


def raise_unsent(session: Session, *, wanted_before: datetime, now: datetime) -> list[str]:
    """Raise an alarm for every channel with something unsent for too long; return the channels that are new."""
    late = select(DeliveryRow.channel, func.max(DeliveryRow.error)).where(_is_unsent(wanted_before))
    found = session.execute(late.group_by(DeliveryRow.channel))
    troubles = {channel: str(error or "not tried yet") for channel, error in found}
    if session.scalar(select(EventRow.id).where(_is_untaken(wanted_before)).limit(1)) is not None:
        troubles[EVENTS] = "events are not taken up"
    return [name for name, why in sorted(troubles.items()) if raise_alarm(session, UNSENT, name, why, now=now)]


def clear_alarms(session: Session, *, wanted_before: datetime, now: datetime) -> list[Alarm]:
    """Call off the alarms whose trouble is over, and return them."""
    over = [
        row.id
        for row in session.scalars(select(AlarmRow).where(AlarmRow.cleared_at.is_(None)).with_for_update())
        if not _stands(session, row, wanted_before)
    ]
    open_ones = update(AlarmRow).where(AlarmRow.id.in_(over), AlarmRow.cleared_at.is_(None))
    session.execute(open_ones.values(cleared_at=now, try_at=now).execution_options(synchronize_session=False))
    return [_as_alarm(session.get_one(AlarmRow, one, populate_existing=True)) for one in over]


def claim_untold(session: Session, *, now: datetime, again_after: timedelta) -> list[Alarm]:
    """Take the alarms and all-clears nobody was told of yet; one that is not marked as told comes again."""
    untold = or_(AlarmRow.told_at.is_(None), AlarmRow.cleared_at.is_not(None) & AlarmRow.clear_told_at.is_(None))
    query = select(AlarmRow).where(untold, AlarmRow.try_at <= now).order_by(AlarmRow.id)
    rows = session.scalars(query.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.try_at = now + again_after
    session.flush()
    return [_as_alarm(row) for row in rows]


def mark_told(session: Session, alarm: Alarm, *, now: datetime) -> None:
    """Note that people were told of an alarm as it stood; one over before it was told needs no all-clear of its own."""
    values = {"told_at": now} if alarm.cleared_at is None else {"told_at": now, "clear_told_at": now}
    session.execute(update(AlarmRow).where(AlarmRow.id == alarm.id).values(values))


def open_alarms(session: Session) -> list[Alarm]:
    """Return the alarms that stand, oldest first."""
    rows = session.scalars(select(AlarmRow).where(AlarmRow.cleared_at.is_(None)).order_by(AlarmRow.id))
    return [_as_alarm(row) for row in rows]


def count_unsent(session: Session, channel: str) -> int:
    """Return how much is not sent to a channel: waiting or given up."""
    states = (*OPEN_STATES, DeliveryState.FAILED)
    query = select(func.count(DeliveryRow.id)).where(DeliveryRow.channel == channel, DeliveryRow.state.in_(states))
    return session.scalar(query.where(DeliveryRow.kind.in_(TELLING))) or 0


def _stands(session: Session, row: AlarmRow, wanted_before: datetime) -> bool:
    if row.channel == DISK or row.key.startswith(SOCKET):
        return True
    if row.key.startswith(FAILED) and row.channel == EVENTS:
        return row.raised_at > wanted_before - LOST_EVENT_STANDS
    if row.key.startswith(FAILED):
        failed = select(DeliveryRow.id).where(
            DeliveryRow.channel == row.channel, DeliveryRow.state == DeliveryState.FAILED
        )
        reached_at = session.scalar(select(ChannelRow.reached_at).where(ChannelRow.name == row.channel))
        is_reached = reached_at is not None and reached_at > row.raised_at
        return not is_reached and session.scalar(failed.limit(1)) is not None
    if row.channel == EVENTS:
        return session.scalar(select(EventRow.id).where(_is_untaken(wanted_before)).limit(1)) is not None
    late = select(DeliveryRow.id).where(DeliveryRow.channel == row.channel, _is_unsent(wanted_before))
    return session.scalar(late.limit(1)) is not None


def _is_unsent(wanted_before: datetime) -> ColumnElement[bool]:
    return and_(DELIVERY_IS_OPEN, DeliveryRow.kind.in_(TELLING), DeliveryRow.wanted_at < wanted_before)


def _is_untaken(created_before: datetime) -> ColumnElement[bool]:
    return and_(EventRow.done_at.is_(None), EventRow.created_at < created_before)


def _as_alarm(row: AlarmRow) -> Alarm:
    return Alarm(row.id, row.key, row.channel, row.reason, row.raised_at, row.cleared_at, row.told_at)
