"""Anomalies: listed, of an incident, and whether their like was confirmed before."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.orm import Session

from storage.models import InspectionRow
from storage.queries.inspections import as_inspection, inspections_by_id, joined
from storage.queries.selection import Selection, conditions, is_anomaly, is_counted, is_missed
from storage.records import Inspection, LabelKind


class Order(StrEnum):
    """How anomalies are ordered; worst: by score over threshold."""

    NEWEST = "newest"
    OLDEST = "oldest"
    WORST = "worst"


def list_anomalies(
    session: Session,
    *,
    selection: Selection,
    limit: int,
    order: Order = Order.NEWEST,
    offset: int = 0,
) -> list[Inspection]:
    """Return a selection's anomalies in order; equal ones newest first."""
    found = select(InspectionRow.id).where(*conditions(selection, of_few=True), is_anomaly).order_by(*_ordered(order))
    ids = session.scalars(found.limit(limit).offset(offset)).all()  # from the index alone: rows are wide
    return list(sorted_as(ids, inspections_by_id(session, ids)))


def sorted_as(ids: Sequence[int], found: dict[int, Inspection]) -> Iterator[Inspection]:
    """Yield inspections in the order of their ids in a list."""
    return (found[inspection_id] for inspection_id in ids)


def list_missed(
    session: Session,
    *,
    selection: Selection,
    limit: int,
    order: Order = Order.NEWEST,
    offset: int = 0,
) -> list[Inspection]:
    """Return a selection's inspections that people say were missed, in order; equal ones newest first."""
    query = joined().where(*conditions(selection), is_missed).order_by(*_ordered(order)).limit(limit).offset(offset)
    return [as_inspection(*row) for row in session.execute(query)]


def oldest_unlabelled(session: Session, *, selection: Selection, limit: int) -> list[Inspection]:
    """Return a selection's anomalies nobody has labelled, the one that waits longest first."""
    waiting = joined().where(*conditions(selection), is_anomaly, InspectionRow.label.is_(None))
    return [as_inspection(*row) for row in session.execute(waiting.order_by(*_ordered(Order.OLDEST)).limit(limit))]


def anomalies_of_incident(session: Session, *, incident_id: int, limit: int) -> list[Inspection]:
    """Return an incident's anomalies, worst first."""
    query = joined().where(is_counted, is_anomaly, InspectionRow.incident_id == incident_id)
    return [as_inspection(*row) for row in session.execute(query.order_by(*_ordered(Order.WORST)).limit(limit))]


def has_alike_before(session: Session, *, source_id: int, before: datetime) -> bool:
    """Say whether an anomaly of this source, captured earlier, was confirmed as a defect."""
    query = select(InspectionRow.id).where(
        is_counted,
        is_anomaly,
        InspectionRow.source_id == source_id,
        InspectionRow.captured_at < before,
        InspectionRow.label == LabelKind.DEFECT,
    )
    return session.scalar(query.limit(1)) is not None


def first_and_last_captured(session: Session, *, selection: Selection) -> tuple[datetime, datetime] | None:
    """Return when a selection's first and last inspections were captured; None where it is empty."""
    moments = select(InspectionRow.captured_at).where(*conditions(selection)).limit(1)
    first = session.scalar(moments.order_by(InspectionRow.captured_at.asc()))
    last = session.scalar(moments.order_by(InspectionRow.captured_at.desc()))
    return None if first is None or last is None else (first, last)


def _ordered(order: Order) -> tuple[ColumnElement[Any], ...]:
    if order is Order.OLDEST:
        return InspectionRow.captured_at.asc(), InspectionRow.id.asc()
    newest = InspectionRow.captured_at.desc(), InspectionRow.id.desc()
    return (ratio().desc(), *newest) if order is Order.WORST else newest


def ratio() -> ColumnElement[float]:
    """Score over threshold in SQL; the score itself where the threshold is 0."""
    return case(
        (InspectionRow.threshold != 0, InspectionRow.score / InspectionRow.threshold), else_=InspectionRow.score
    )
