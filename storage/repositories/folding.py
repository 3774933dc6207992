"""Telling several things in one message: what opened and closed untold, and what came while no post was wanted."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from storage.models import DeliveryRow, IncidentRow, SourceRow
from storage.models.open import DELIVERY_IS_OPEN
from storage.records import CLOSED_STATES, Delivery, DeliveryKind, DeliveryState, Incident, NewDelivery
from storage.repositories.deliveries import add_delivery
from storage.repositories.incidents import as_incident
from storage.repositories.pace import lock_channel
from storage.repositories.sending import DOUBTFUL_SINCE

FOLLOWERS = (DeliveryKind.EDIT, DeliveryKind.ESCALATION)
AT_ONCE = 500


def gather(session: Session, channel: str, notice: str, *, wanted_at: datetime | None, now: datetime) -> int:
    """Return the id of the notice of a kind that still waits for a channel, made if there is none.

    wanted_at: one wanted just then, not before; None: any, wanted now. One that may have been sent takes no more.
    """
    lock_channel(session, channel, now=now)  # two bots, one notice
    query = select(DeliveryRow.id).where(_waits(channel, notice))
    if wanted_at is not None:
        query = query.where(DeliveryRow.wanted_at == wanted_at)
    found = session.scalar(query.order_by(DeliveryRow.id).limit(1).with_for_update(skip_locked=True))
    if found is not None:
        return found
    new = NewDelivery(DeliveryKind.NOTICE, channel, wanted_at or now, payload={"notice": notice})
    return add_delivery(session, new, now=now) or 0


def note_in(session: Session, notice_id: int, **values: Any) -> None:
    """Write values into a gathering notice that are not there yet."""
    row = session.get_one(DeliveryRow, notice_id)
    row.payload = values | row.payload
    session.flush()


def fold_closed(session: Session, notice: str, *, wanted_before: datetime, now: datetime) -> int:
    """Fold the posts of incidents that opened and closed untold into a notice a channel, and return how many."""
    is_over = and_(
        DeliveryRow.kind == DeliveryKind.POST,
        DELIVERY_IS_OPEN,
        DeliveryRow.state == DeliveryState.PENDING,
        func.coalesce(DeliveryRow.wanted_at, DeliveryRow.created_at) < wanted_before,
        _is_surely_unsent(),
        IncidentRow.id == DeliveryRow.incident_id,
        IncidentRow.state.in_(CLOSED_STATES),
        IncidentRow.message_ts.is_(None),
    )
    for channel in sorted(session.scalars(select(DeliveryRow.channel).where(is_over).distinct())):
        lock_channel(session, channel, now=now)  # before its deliveries, as everybody does
    query = select(DeliveryRow).where(is_over).order_by(DeliveryRow.id).limit(AT_ONCE)
    rows = session.scalars(query.with_for_update(of=DeliveryRow, skip_locked=True)).all()
    for row in rows:
        row.state, row.folded_into = DeliveryState.FOLDED, gather(session, row.channel, notice, wanted_at=None, now=now)
        _fold_followers(session, row.incident_id, row.folded_into)
    session.flush()
    return len(rows)


def fold_sending(session: Session, delivery: Delivery, notice: str, *, now: datetime) -> None:
    """Fold a delivery being sent, once it was found not to have arrived."""
    row = session.get_one(DeliveryRow, delivery.id, with_for_update=True)
    if row.state == DeliveryState.SENDING and row.started_at == delivery.started_at:
        row.state, row.folded_into = DeliveryState.FOLDED, gather(session, row.channel, notice, wanted_at=None, now=now)
        _fold_followers(session, row.incident_id, row.folded_into)
        session.flush()


def add_folded(session: Session, incident_id: int, notice_id: int, *, now: datetime) -> None:
    """Let an incident be told by a gathering notice instead of a post of its own; once."""
    there = select(DeliveryRow.id).where(
        DeliveryRow.incident_id == incident_id,
        DeliveryRow.folded_into == notice_id,
    )
    if session.scalar(there.limit(1)) is not None:
        return
    channel = session.get_one(DeliveryRow, notice_id).channel
    post_id = add_delivery(session, NewDelivery(DeliveryKind.POST, channel, now, incident_id=incident_id), now=now)
    folded = update(DeliveryRow).where(DeliveryRow.id == post_id)
    session.execute(folded.values(state=DeliveryState.FOLDED, folded_into=notice_id))


def folded_incidents(session: Session, notice_id: int) -> list[Incident]:
    """Return the incidents a notice tells of that have no message of their own, oldest first."""
    ids = select(DeliveryRow.incident_id).where(
        DeliveryRow.folded_into == notice_id,
        DeliveryRow.kind == DeliveryKind.POST,
    )
    query = select(IncidentRow, SourceRow.name).join(SourceRow, SourceRow.id == IncidentRow.source_id)
    query = query.where(IncidentRow.id.in_(ids), IncidentRow.message_ts.is_(None)).order_by(IncidentRow.opened_at)
    return [as_incident(row, name) for row, name in session.execute(query.order_by(IncidentRow.id))]


def count_waiting_posts(session: Session, channel: str, *, now: datetime) -> int:
    """Return how many incidents still wait for their first message in a channel."""
    query = select(func.count(func.distinct(DeliveryRow.incident_id))).where(
        DeliveryRow.kind == DeliveryKind.POST,
        DeliveryRow.channel == channel,
        DELIVERY_IS_OPEN,
        DeliveryRow.wanted_at <= now,
    )
    return session.scalar(query) or 0


def bring_forward(session: Session, channel: str, *, now: datetime) -> None:
    """Make what was put off for a channel that could not be reached due at once, in its order."""
    put_off = update(DeliveryRow).where(
        DeliveryRow.channel == channel,
        DELIVERY_IS_OPEN,
        DeliveryRow.state == DeliveryState.PENDING,
        DeliveryRow.due_at > now,
        DeliveryRow.wanted_at <= now,
        DeliveryRow.attempts > 0,
    )
    session.execute(put_off.values(due_at=now).execution_options(synchronize_session=False))


def _fold_followers(session: Session, incident_id: int | None, notice_id: int) -> None:
    """Fold what was to follow a post that never came."""
    waiting = update(DeliveryRow).where(
        DeliveryRow.incident_id == incident_id,
        DeliveryRow.kind.in_(FOLLOWERS),
        DELIVERY_IS_OPEN,
        DeliveryRow.state == DeliveryState.PENDING,
    )
    values = {"state": DeliveryState.FOLDED, "folded_into": notice_id}
    session.execute(waiting.values(values).execution_options(synchronize_session=False))


def _waits(channel: str, notice: str) -> ColumnElement[bool]:
    return and_(
        DeliveryRow.channel == channel,
        DeliveryRow.kind == DeliveryKind.NOTICE,
        DELIVERY_IS_OPEN,
        DeliveryRow.state == DeliveryState.PENDING,
        DeliveryRow.payload["notice"].as_string() == notice,
        _is_surely_unsent(),
    )


def _is_surely_unsent() -> ColumnElement[bool]:
    return and_(DeliveryRow.payload[DOUBTFUL_SINCE].as_string().is_(None))
