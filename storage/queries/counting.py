"""Counts of inspections and frames: flagged, confirmed, false and unlabelled told apart."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from storage.models import FrameRow, InspectionRow, SourceRow
from storage.models.open import FRAME_IS_NOT_SCORED
from storage.queries.results import FrameCounts, InspectionCounts
from storage.queries.seen import ALL, Key, edges_of, is_long, missed_by, scored_frames_by_source, seen_by
from storage.queries.selection import Selection, conditions, is_anomaly, is_judged, is_missed
from storage.records import FrameState, LabelKind, Window

NONE_FLAGGED = (0, 0, 0, 0, 0)


def count_inspections(session: Session, *, selection: Selection) -> InspectionCounts:
    """Count a selection's inspections by what machine and people said."""
    return count_in_groups(session, selection=selection, key=ALL).get(0, InspectionCounts())


def count_in_groups(session: Session, *, selection: Selection, key: Key) -> dict[Any, InspectionCounts]:
    """Count a selection's inspections by a key, which should have few values."""
    seen = seen_by(session, selection=selection, key=key)
    missed = missed_by(session, selection=selection, key=key)
    odd = key.select_from_inspections(*_flagged_columns()).where(*conditions(selection, of_few=True), is_anomaly)
    flagged = {row[0]: row[1:] for row in session.execute(odd)}
    return {
        place: as_counts((number - faulted, faulted, *flagged.get(place, NONE_FLAGGED), missed.get(place, 0)))
        for place, (number, faulted) in seen.items()
    }


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
    named = select(SourceRow.id) if sources is None else select(SourceRow.id).where(SourceRow.name.in_(sources))
    ids = set(session.scalars(named))
    found = [counts for source_id, counts in _frames_by_source(session, window).items() if source_id in ids]
    return _as_frame_counts({state: sum(counts.get(state, 0) for counts in found) for state in FrameState})


def count_frames_by_source(session: Session, *, window: Window) -> dict[int, FrameCounts]:
    """Count frames captured in a window by how they ended, by source id; sources without one are left out."""
    return {key: _as_frame_counts(by_state) for key, by_state in _frames_by_source(session, window).items()}


def _frames_by_source(session: Session, window: Window | None) -> dict[int, dict[str, int]]:
    """Count frames by source id and state: of long windows the scored ones from roll-ups, the others from their index.

    Sources are picked by who asks: named here, they lead SQLite away from the indexes by captured_at.
    """
    if not is_long(window):
        return _frames_from_index(session, window)
    by_source = _frames_from_index(session, window, FRAME_IS_NOT_SCORED)
    scored = [scored_frames_by_source(session, window=window)]
    is_scored = FrameRow.state == FrameState.SCORED
    for edge in edges_of(window):
        found = _frames_from_index(session, edge, is_scored)
        scored.append({source_id: counts[FrameState.SCORED] for source_id, counts in found.items()})
    for source_id, number in (pair for part in scored for pair in part.items()):
        counts = by_source.setdefault(source_id, {})
        counts[FrameState.SCORED] = counts.get(FrameState.SCORED, 0) + number
    return by_source


def _frames_from_index(
    session: Session, window: Window | None, *more: ColumnElement[bool]
) -> dict[int, dict[str, int]]:
    query = select(FrameRow.source_id, FrameRow.state, func.count()).where(*more)
    if window is not None:
        query = query.where(FrameRow.captured_at >= window.start, FrameRow.captured_at < window.end)
    by_source: dict[int, dict[str, int]] = {}
    for source_id, state, number in session.execute(query.group_by(FrameRow.source_id, FrameRow.state)):
        by_source.setdefault(source_id, {})[state] = int(number)
    return by_source


def _as_frame_counts(by_state: dict[str, int]) -> FrameCounts:
    return FrameCounts(
        received=sum(by_state.values()),
        scored=by_state.get(FrameState.SCORED, 0),
        rejected=by_state.get(FrameState.REJECTED, 0),
        dropped=by_state.get(FrameState.DROPPED, 0),
        dead_letter=by_state.get(FrameState.DEAD_LETTER, 0),
        waiting=by_state.get(FrameState.PENDING, 0) + by_state.get(FrameState.LEASED, 0),
    )


def _flagged_columns() -> list[ColumnElement[int]]:
    """Return the columns of anomalies: how many, and by label."""
    names = ("anomalies", "confirmed", "false_alarms", "unsure", "unlabelled")
    return [column.label(name) for name, column in zip(names, count_columns()[2:7], strict=True)]


def _flagged(label: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(InspectionRow.id).filter(and_(is_anomaly, label))
