"""Counts of inspections and frames: flagged, confirmed, false and unlabelled told apart."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session

from storage.models import FrameRow, InspectionRow, SourceRow
from storage.queries.results import FrameCounts, InspectionCounts
from storage.queries.selection import Selection, conditions, is_anomaly, is_judged, is_missed
from storage.records import FrameState, LabelKind, Window

NONE_FLAGGED = (0, 0, 0, 0, 0)


def count_inspections(session: Session, *, selection: Selection) -> InspectionCounts:
    """Count a selection's inspections by what machine and people said."""
    wanted = conditions(selection)
    whole = select(*_seen_columns()).where(*wanted).subquery()
    flagged = select(*_flagged_columns()).where(*wanted, is_anomaly).subquery()
    both = whole.join(flagged, true())  # two look-ups: flagged ones have an index of their own
    row = session.execute(select(whole, flagged).select_from(both)).one()
    return _together(row[:3], row[3:])


def count_in_groups(session: Session, *, selection: Selection, key: ColumnElement[Any]) -> dict[Any, InspectionCounts]:
    """Count a selection's inspections by a key of their own columns, which should have few values."""
    wanted = conditions(selection)
    seen = select(key, *_seen_columns()).where(*wanted).group_by(key)
    odd = select(key, *_flagged_columns()).where(*wanted, is_anomaly).group_by(key)
    flagged = {row[0]: row[1:] for row in session.execute(odd)}
    return {row[0]: _together(row[1:], flagged.get(row[0], NONE_FLAGGED)) for row in session.execute(seen)}


def count_columns() -> list[ColumnElement[int]]:
    """Return the columns `as_counts` takes, to be selected alone or in groups."""
    return [
        func.count(InspectionRow.id).filter(is_judged),
        func.count(InspectionRow.id).filter(InspectionRow.fault.is_not(None)),
        func.count(InspectionRow.id).filter(is_anomaly),
        _flagged(InspectionRow.label == LabelKind.DEFECT),
        _flagged(InspectionRow.label == LabelKind.FALSE_ALARM),
        _flagged(InspectionRow.label == LabelKind.UNSURE),
        _flagged(InspectionRow.label.is_(None)),
        func.count(InspectionRow.id).filter(is_missed),
    ]


def as_counts(values: object) -> InspectionCounts:
    """Turn the values of `count_columns` into counts."""
    return InspectionCounts(*values)  # type: ignore[misc]  # a row of as many integers


def count_frames(session: Session, *, window: Window | None, sources: tuple[str, ...] | None = None) -> FrameCounts:
    """Count frames captured in a window by how they ended."""
    query = select(FrameRow.state, func.count()).group_by(FrameRow.state)
    if window is not None:
        query = query.where(FrameRow.captured_at >= window.start, FrameRow.captured_at < window.end)
    if sources is not None:
        query = query.where(FrameRow.source_id.in_(select(SourceRow.id).where(SourceRow.name.in_(sources))))
    return _as_frame_counts({state: int(number) for state, number in session.execute(query)})


def count_frames_by_source(session: Session, *, window: Window) -> dict[int, FrameCounts]:
    """Count frames captured in a window by how they ended, by source id; sources without one are left out."""
    query = (
        select(FrameRow.source_id, FrameRow.state, func.count())
        .where(FrameRow.captured_at >= window.start, FrameRow.captured_at < window.end)
        .group_by(FrameRow.source_id, FrameRow.state)
    )
    by_source: dict[int, dict[str, int]] = {}
    for source_id, state, number in session.execute(query):
        by_source.setdefault(source_id, {})[state] = int(number)
    return {source_id: _as_frame_counts(by_state) for source_id, by_state in by_source.items()}


def _as_frame_counts(by_state: dict[str, int]) -> FrameCounts:
    return FrameCounts(
        received=sum(by_state.values()),
        scored=by_state.get(FrameState.SCORED, 0),
        rejected=by_state.get(FrameState.REJECTED, 0),
        dropped=by_state.get(FrameState.DROPPED, 0),
        dead_letter=by_state.get(FrameState.DEAD_LETTER, 0),
        waiting=by_state.get(FrameState.PENDING, 0) + by_state.get(FrameState.LEASED, 0),
    )


def _seen_columns() -> list[ColumnElement[int]]:
    """Return the columns of all inspections: how many, with a fault, and missed."""
    is_missed_too = and_(InspectionRow.label == LabelKind.MISSED, is_missed)  # most have no label: the cheapest first
    return [
        func.count(InspectionRow.id).label("seen"),
        func.count(InspectionRow.fault).label("faulted"),
        func.count(InspectionRow.id).filter(is_missed_too).label("missed"),
    ]


def _flagged_columns() -> list[ColumnElement[int]]:
    """Return the columns of anomalies: how many, and by label."""
    names = ("anomalies", "confirmed", "false_alarms", "unsure", "unlabelled")
    return [column.label(name) for name, column in zip(names, count_columns()[2:7], strict=True)]


def _together(seen: Sequence[int], flagged: Sequence[int]) -> InspectionCounts:
    number, faulted, missed = seen
    return as_counts((number - faulted, faulted, *flagged, missed))


def _flagged(label: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(InspectionRow.id).filter(and_(is_anomaly, label))
