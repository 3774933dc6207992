"""Incidents: one by its id or its imported name, or those of a time and state."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import Session

from storage.models import IncidentRow, SourceRow
from storage.models.base import UtcDateTime
from storage.queries.elapsed import seconds_between
from storage.records import Incident, IncidentState, Window
from storage.repositories.incidents import as_incident


class IncidentOrder(StrEnum):
    """How incidents are ordered; longest: by the time from their opening to their end, or to now."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LARGEST = "largest"
    LONGEST = "longest"


def incident_by_id(session: Session, incident_id: int) -> Incident | None:
    """Return one incident; None where there is none."""
    return _one(session, IncidentRow.id == incident_id)


def incident_by_key(session: Session, key: str) -> Incident | None:
    """Return the incident an import brought under this name, the newest where several sources have one."""
    return _one(session, IncidentRow.key == key)


def incident_by_message(session: Session, channel: str, message_ts: str) -> Incident | None:
    """Return the incident that a message tells of; None where it tells of none."""
    return _one(session, (IncidentRow.message_ts == message_ts) & (IncidentRow.channel == channel))


def list_incidents(
    session: Session,
    *,
    limit: int,
    states: tuple[IncidentState, ...] = (),
    sources: tuple[str, ...] | None = None,
    window: Window | None = None,
    opened_before: datetime | None = None,
    ids: Collection[int] | None = None,
    order: IncidentOrder = IncidentOrder.NEWEST,
    now: datetime | None = None,
) -> list[Incident]:
    """Return incidents in order, newest by their last anomaly; a window takes those that ran within it.

    now: what the longest are measured to.
    """
    query = select(IncidentRow, SourceRow.name).join(SourceRow, SourceRow.id == IncidentRow.source_id)
    chosen = query.where(*_chosen(states, sources, window, opened_before, ids))
    ordered = _ordered(session, order, now)
    rows = session.execute(chosen.order_by(*ordered, IncidentRow.last_at.desc(), IncidentRow.id.desc()).limit(limit))
    return [as_incident(row, name) for row, name in rows]


def count_incidents(
    session: Session,
    *,
    states: tuple[IncidentState, ...] = (),
    sources: tuple[str, ...] | None = None,
    window: Window | None = None,
    opened_before: datetime | None = None,
    ids: Collection[int] | None = None,
) -> dict[IncidentState, int]:
    """Count incidents by state; states without one are left out."""
    query = select(IncidentRow.state, func.count()).join(SourceRow, SourceRow.id == IncidentRow.source_id)
    chosen = query.where(*_chosen(states, sources, window, opened_before, ids)).group_by(IncidentRow.state)
    return {IncidentState(state): int(number) for state, number in session.execute(chosen)}


def _chosen(
    states: tuple[IncidentState, ...],
    sources: tuple[str, ...] | None,
    window: Window | None,
    opened_before: datetime | None,
    ids: Collection[int] | None,
) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if states:
        wanted.append(IncidentRow.state.in_(states))
    if sources is not None:
        wanted.append(SourceRow.name.in_(sources))
    if window is not None:
        wanted += [IncidentRow.last_at >= window.start, IncidentRow.opened_at < window.end]
    if opened_before is not None:
        wanted.append(IncidentRow.opened_at < opened_before)
    if ids is not None:
        wanted.append(IncidentRow.id.in_(ids))
    return wanted


def _ordered(session: Session, order: IncidentOrder, now: datetime | None) -> list[ColumnElement[Any]]:
    if order is IncidentOrder.OLDEST:
        return [IncidentRow.opened_at.asc(), IncidentRow.id.asc()]
    if order is IncidentOrder.LARGEST:
        return [IncidentRow.anomalies.desc()]
    if order is IncidentOrder.NEWEST:
        return []
    end = func.coalesce(IncidentRow.closed_at, bindparam("now", now, UtcDateTime()))
    return [seconds_between(session, IncidentRow.opened_at, end).desc()]


def _one(session: Session, is_wanted: ColumnElement[bool]) -> Incident | None:
    query = select(IncidentRow, SourceRow.name).join(SourceRow, SourceRow.id == IncidentRow.source_id)
    found = session.execute(query.where(is_wanted).order_by(IncidentRow.last_at.desc()).limit(1)).one_or_none()
    return None if found is None else as_incident(found[0], found[1])
