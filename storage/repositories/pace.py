"""How fast a channel may be spoken to, kept in the database so that several bots keep it together.

A channel is held while somebody speaks to it, and free a second after they are done. Who dies while holding it holds
it for no longer than HOLD.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.models import ChannelRow, DeliveryRow
from storage.records import DeliveryState

GAP = timedelta(seconds=1)
HOLD = timedelta(seconds=15)


def take_free_channels(session: Session, *, busy: Collection[str], limit: int, now: datetime) -> list[str]:
    """Hold channels for which something is due and that may be spoken to, and return them; no other bot gets them."""
    is_due = (DeliveryRow.state == DeliveryState.PENDING) & (DeliveryRow.due_at <= now)
    wanted = select(DeliveryRow.channel).where(is_due, DeliveryRow.channel.not_in(busy)).distinct()
    held = select(ChannelRow.name).where(ChannelRow.free_at > now)
    names = session.scalars(wanted.where(DeliveryRow.channel.not_in(held)).limit(limit)).all()
    if not names:
        return []
    _ensure(session, names, now)
    free = select(ChannelRow).where(ChannelRow.name.in_(names), ChannelRow.free_at <= now)
    rows = session.scalars(free.order_by(ChannelRow.name).with_for_update(skip_locked=True)).all()
    for row in rows:
        row.free_at, row.held_by = now + HOLD, None
    session.flush()
    return [row.name for row in rows]


def hold_for(session: Session, channel: str, delivery_id: int) -> None:
    """Say for which delivery a channel just taken is held."""
    session.execute(update(ChannelRow).where(ChannelRow.name == channel).values(held_by=delivery_id))


def spoke(session: Session, channel: str, delivery_id: int, *, now: datetime) -> None:
    """Let a channel go a second from now, unless it has to wait longer or is held for another delivery meanwhile."""
    row = session.get(ChannelRow, channel, with_for_update=True)
    if row is not None and row.held_by == delivery_id:
        row.free_at, row.held_by = now + GAP, None
        session.flush()


def leave_alone(session: Session, channel: str, delivery_id: int, *, until: datetime) -> None:
    """Let nobody speak to a channel until then; a wait already longer stands."""
    _ensure(session, [channel], until)
    row = session.get_one(ChannelRow, channel, with_for_update=True)
    is_ours = row.held_by == delivery_id
    row.free_at = until if is_ours else max(until, row.free_at)
    row.held_by = None if is_ours else row.held_by
    session.flush()


def lock_channel(session: Session, channel: str, *, now: datetime) -> None:
    """Let nobody else decide anything about a channel until the end of the transaction."""
    _ensure(session, [channel], now)
    session.get_one(ChannelRow, channel, with_for_update=True)


def note_unreached(session: Session, channel: str, *, now: datetime) -> None:
    """Note that a try did not reach a channel."""
    _ensure(session, [channel], now)
    down = update(ChannelRow).where(ChannelRow.name == channel, ChannelRow.down_since.is_(None))
    session.execute(down.values(down_since=now))


def note_reached(session: Session, channel: str, *, now: datetime) -> datetime | None:
    """Note that a channel took something, and return since when no try had reached it; None where all was well."""
    _ensure(session, [channel], now)
    row = session.get_one(ChannelRow, channel, with_for_update=True)
    since, row.down_since, row.reached_at = row.down_since, None, now
    session.flush()
    return since


def down_since(session: Session, channel: str) -> datetime | None:
    """Return since when no try has reached a channel."""
    return session.scalar(select(ChannelRow.down_since).where(ChannelRow.name == channel))


def _ensure(session: Session, names: Collection[str], free_at: datetime) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [{"name": name, "free_at": free_at} for name in sorted(names)]
    session.execute(insert(ChannelRow).values(rows).on_conflict_do_nothing())
