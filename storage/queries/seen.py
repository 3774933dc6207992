"""How many inspections a selection looks at, faulted ones apart: long windows from roll-ups, the rest from its index.

Roll-ups know sources, detectors and time. What was labelled is few, and has a small index: who is told apart by labels
is counted there, and taken from the whole where what nobody labelled is wanted too. So every count is exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, not_, or_, select
from sqlalchemy.orm import Session

from storage.models import CapturedRollUpRow, DetectorVersionRow, InspectionRow
from storage.queries.selection import UNLABELLED, Selection, conditions, is_missed, of_sources
from storage.records import LabelKind, Window
from storage.repositories.roll_ups import SPAN_MINUTES, span_start, write_counts

# Shorter windows are counted from the index as fast.
LONG = timedelta(days=2)
SPAN = timedelta(minutes=SPAN_MINUTES)
IS_LABELLED = InspectionRow.label.is_not(None)
IS_MISSED: ColumnElement[bool] = InspectionRow.label == literal_column(f"'{LabelKind.MISSED}'")
Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """What is grouped by: of inspections, and of roll-ups, None where only the few labelled ones have it at all."""

    of_inspections: ColumnElement[Any]
    of_roll_ups: ColumnElement[Any] | None
    is_one: bool = False

    def grouped(self, query: Select[Any], column: ColumnElement[Any]) -> Select[Any]:
        """Group a query by the key's column; all together need no grouping."""
        return query if self.is_one else query.group_by(column)


ALL = Key(literal_column("0"), literal_column("0"), is_one=True)
BY_SOURCE = Key(InspectionRow.source_id.expression, CapturedRollUpRow.source_id.expression)
BY_DETECTOR = Key(InspectionRow.detector_version_id.expression, CapturedRollUpRow.detector_version_id.expression)
BY_LABEL = Key(InspectionRow.label.expression, None)
BY_CLASS = Key(InspectionRow.defect_class.expression, None)


def seen_by(session: Session, *, selection: Selection, key: Key) -> dict[Any, Numbers]:
    """Return how many inspections there are and how many have a fault, by key; keys without one are left out."""
    if key.of_roll_ups is None:
        own = _from_index(session, selection, key, key.of_inspections.is_not(None))
        every = seen_by(session, selection=selection, key=ALL).get(0, (0, 0))
        nobodys = _less(every, *own.values())
        return own | ({None: nobodys} if nobodys[0] else {})
    if not _admits_unlabelled(selection):
        return _from_index(session, selection, key, IS_LABELLED)
    whole = replace(selection, labels=(), excluded_labels=())
    sums = _whole(session, whole, key)
    if whole != selection:
        wanted = _label_condition(selection)
        for place, numbers in _from_index(session, whole, key, IS_LABELLED, not_(wanted)).items():
            sums[place] = _less(sums.get(place, (0, 0)), numbers)
    return {place: numbers for place, numbers in sums.items() if numbers[0]}


def missed_by(session: Session, *, selection: Selection, key: Key) -> dict[Any, int]:
    """Return how many inspections judged normal people say were missed, by key."""
    query = select(key.of_inspections, func.count(InspectionRow.id)).where(*conditions(selection), is_missed, IS_MISSED)
    return {place: int(number) for place, number in session.execute(key.grouped(query, key.of_inspections))}


def scored_frames_by_source(session: Session, *, window: Window | None) -> dict[int, int]:
    """Return how many frames have ended as scored in the whole spans of a long window, by source id."""
    write_counts(session)
    query = select(CapturedRollUpRow.source_id, func.sum(CapturedRollUpRow.frames)).where(*_within(_parts(window)[0]))
    rows = session.execute(query.group_by(CapturedRollUpRow.source_id))
    return {source_id: int(number) for source_id, number in rows}


def is_long(window: Window | None) -> bool:
    """Say whether a window is counted by roll-ups."""
    return window is None or window.end - window.start > LONG


def edges_of(window: Window | None) -> list[Window]:
    """Return the parts of a long window that no whole span covers, at most two, each shorter than a span."""
    return _parts(window)[1]


def _whole(session: Session, selection: Selection, key: Key) -> dict[Any, Numbers]:
    """Count a selection without labels, from roll-ups where it is long and they know all it asks for."""
    knows_all = not (selection.defect_classes or selection.attributes or selection.min_ratio)
    if key.of_roll_ups is None or not knows_all or not is_long(selection.window):
        return _from_index(session, selection, key)
    write_counts(session)
    inner, edges = _parts(selection.window)
    spans = CapturedRollUpRow
    wanted = [*_within(inner), *of_sources(selection, spans.source_id)]
    if selection.detectors:
        named = select(DetectorVersionRow.id).where(DetectorVersionRow.name.in_(selection.detectors))
        wanted.append(spans.detector_version_id.in_(named))
    columns = func.sum(spans.inspections), func.sum(spans.faulted)
    query = select(key.of_roll_ups, *columns).where(*wanted)
    sums: dict[Any, Numbers] = {
        place: (int(seen or 0), int(faulted or 0))
        for place, seen, faulted in session.execute(key.grouped(query, key.of_roll_ups))
    }
    for edge in edges:
        for place, numbers in _from_index(session, replace(selection, window=edge), key).items():
            sums[place] = _less(sums.get(place, (0, 0)), tuple(-number for number in numbers))
    return sums


def _from_index(session: Session, selection: Selection, key: Key, *more: ColumnElement[bool]) -> dict[Any, Numbers]:
    columns = func.count(InspectionRow.id), func.count(InspectionRow.fault)
    query = select(key.of_inspections, *columns).where(*conditions(selection), *more)
    rows = session.execute(key.grouped(query, key.of_inspections))
    return {place: (int(seen), int(faulted)) for place, seen, faulted in rows}


def _within(window: Window | None) -> Iterator[ColumnElement[bool]]:
    if window is not None:
        yield CapturedRollUpRow.starts_at >= window.start
        yield CapturedRollUpRow.starts_at < window.end


def _parts(window: Window | None) -> tuple[Window | None, list[Window]]:
    """Return the whole spans within a window, and what of it lies before and after them."""
    if window is None:
        return None, []
    start, end = _up(window.start), span_start(window.end)
    edges = [(window.start, start), (end, window.end)]
    return Window(start, end), [Window(*edge) for edge in edges if edge[0] < edge[1]]


def _up(moment: datetime) -> datetime:
    start = span_start(moment)
    return start if start == moment else start + SPAN


def _admits_unlabelled(selection: Selection) -> bool:
    wants = not selection.labels or UNLABELLED in selection.labels
    return wants and UNLABELLED not in selection.excluded_labels


def _label_condition(selection: Selection) -> ColumnElement[bool]:
    """Return what a labelled inspection must be for a selection that admits those nobody labelled."""
    wanted = [label for label in selection.labels if label != UNLABELLED]
    is_wanted = InspectionRow.label.in_(wanted) if selection.labels else IS_LABELLED
    is_left_out = InspectionRow.label.in_(selection.excluded_labels)
    return is_wanted & not_(is_left_out) if selection.excluded_labels else or_(is_wanted)


def _less(numbers: Numbers, *others: Numbers) -> Numbers:
    return tuple(number - sum(other[place] for other in others) for place, number in enumerate(numbers))
