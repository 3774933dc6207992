"""The figures of one moment that a monitoring system asks for: each an indexed look, none a walk through history."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import AlarmRow, DeliveryRow, FrameRow, IncidentRow, JobRow, OutageRow, SourceRow
from storage.models.open import DELIVERY_IS_OPEN
from storage.queries.latency import backlog, inspection_times
from storage.queries.outbox import untaken_events
from storage.queries.selection import Selection
from storage.records import OPEN_STATES, DeliveryState, FrameState, JobState, Operations, SourceFigures, Window
from storage.repositories.arrivals import last_received_at

LATENCY_OF, LOST_OF = timedelta(hours=1), timedelta(days=1)
MOST_TIMES = 5000
QUANTILES = (0.5, 0.95, 0.99)
LOST = (FrameState.REJECTED, FrameState.DROPPED, FrameState.DEAD_LETTER)
UNENDED = (JobState.WAITING, JobState.PENDING, JobState.LEASED)


def operations(session: Session, *, now: datetime) -> Operations:
    """Return how the house is."""
    waiting, events = backlog(session, now=now), untaken_events(session)
    unsent, unsent_since = _unsent(session, now)
    return Operations(
        frames_waiting=waiting.waiting,
        oldest_frame_seconds=_age(waiting.oldest_at, now) or 0.0,
        events_waiting=events[0] if events else 0,
        oldest_event_seconds=_age(events[1], now) or 0.0 if events else 0.0,
        unsent=unsent,
        oldest_unsent_seconds=_age(unsent_since, now) or 0.0,
        given_up=_count(session, DeliveryRow.state == DeliveryState.FAILED),
        open_incidents=_count(session, IncidentRow.state.in_(OPEN_STATES)),
        alarms=_count(session, AlarmRow.cleared_at.is_(None)),
        sources=_sources(session, now),
        latency=_latency(session, now),
        lost=_lost(session, now),
        jobs=_jobs(session),
    )


def _count(session: Session, condition: object) -> int:
    return session.scalar(select(func.count()).where(condition)) or 0  # type: ignore[arg-type]  # a column's condition


def _unsent(session: Session, now: datetime) -> tuple[int, datetime | None]:
    """Count what should have been sent by now and was not, and say since when the oldest waits."""
    wanted_at = func.coalesce(DeliveryRow.wanted_at, DeliveryRow.created_at)
    query = select(func.count(DeliveryRow.id), func.min(wanted_at)).where(DELIVERY_IS_OPEN, wanted_at <= now)
    count, oldest = session.execute(query).one()
    return int(count), oldest


def _sources(session: Session, now: datetime) -> tuple[SourceFigures, ...]:
    out = set(session.scalars(select(OutageRow.source_id).where(OutageRow.ended_at.is_(None))))
    rows = session.scalars(select(SourceRow).order_by(SourceRow.name)).all()
    return tuple(
        SourceFigures(row.name, row.state, _age(last_received_at(session, row.id), now), row.id in out) for row in rows
    )


def _latency(session: Session, now: datetime) -> dict[float, float]:
    selection = Selection(window=Window(now - LATENCY_OF, now))
    times = sorted(inspection_times(session, selection=selection, limit=MOST_TIMES).seconds)
    return {one: times[min(len(times) - 1, int(one * len(times)))] for one in QUANTILES} if times else {}


def _lost(session: Session, now: datetime) -> dict[tuple[str, str], int]:
    query = (
        select(FrameRow.state, FrameRow.reason, func.count())
        .where(FrameRow.source_id.in_(select(SourceRow.id)), FrameRow.received_at >= now - LOST_OF)
        .where(FrameRow.state.in_(LOST))
        .group_by(FrameRow.state, FrameRow.reason)
    )
    return {(state, reason or "none noted"): count for state, reason, count in session.execute(query)}


def _jobs(session: Session) -> dict[str, int]:
    query = select(JobRow.state, func.count()).where(JobRow.state.in_(UNENDED)).group_by(JobRow.state)
    return {state: int(count) for state, count in session.execute(query)}


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max(0.0, (now - moment).total_seconds())
