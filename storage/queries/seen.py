"""How many inspections a selection looks at, faulted ones apart: long windows from roll-ups, the rest from its index.

Roll-ups know sources, detectors, time and one attribute. What was labelled is few, and has a small index: who is told
apart by labels is counted there, and taken from the whole where what nobody labelled is wanted too. So every count is
exact.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, not_, or_, select
from sqlalchemy.orm import Session

from storage.models import AttributeRollUpRow, CapturedRollUpRow, DetectorVersionRow, InspectionRow
from storage.queries.selection import UNLABELLED, Selection, attribute_of_frame, conditions, is_missed, of_sources
from storage.records import LabelKind, Window
from storage.repositories.roll_ups import LONGEST_VALUE, SPAN_MINUTES, span_start, write_counts

# Shorter windows are counted from the index as fast.
LONG = timedelta(days=2)
SPAN = timedelta(minutes=SPAN_MINUTES)
IS_LABELLED = InspectionRow.label.is_not(None)
IS_MISSED: ColumnElement[bool] = InspectionRow.label == literal_column(f"'{LabelKind.MISSED}'")
Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """What is grouped by: of inspections, and of roll-ups, None where only the few labelled ones have it at all.

    attribute: the frame's attribute it is. is_partial: some inspections have none.
    """

    of_inspections: ColumnElement[Any]
    of_roll_ups: Callable[[Any], ColumnElement[Any]] | None
    is_one: bool = False
    is_partial: bool = False
    attribute: str = ""

    def select_from_inspections(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Select columns of inspections by the key, which comes first; all together need no grouping."""
        return self._grouped(self.of_inspections, columns)

    def select_from_roll_ups(self, spans: Any, *columns: ColumnElement[Any]) -> Select[Any]:
        """Select columns of a table of roll-ups likewise."""
        return self._grouped(ALL.of_inspections if self.of_roll_ups is None else self.of_roll_ups(spans), columns)

    def _grouped(self, key: ColumnElement[Any], columns: tuple[ColumnElement[Any], ...]) -> Select[Any]:
        query = select(key.label("place"), *columns)
        return query if self.is_one else query.group_by("place")


ALL = Key(literal_column("0"), lambda _: literal_column("0"), is_one=True)
BY_SOURCE = Key(InspectionRow.source_id.expression, lambda spans: spans.source_id)
BY_DETECTOR = Key(InspectionRow.detector_version_id.expression, lambda spans: spans.detector_version_id)
BY_LABEL = Key(InspectionRow.label.expression, None, is_partial=True)
BY_CLASS = Key(InspectionRow.defect_class.expression, None, is_partial=True)


def by_attribute(name: str) -> Key:
    """Return the key that groups by an attribute of the frame, its first 200 characters."""
    value = func.substr(attribute_of_frame(name), 1, literal_column(str(LONGEST_VALUE)))
    return Key(value, lambda spans: spans.value, is_partial=True, attribute=name)


def seen_by(session: Session, *, selection: Selection, key: Key) -> dict[Any, Numbers]:
    """Return how many inspections there are and how many have a fault, by key; keys without one are left out."""
    if key.is_partial:
        own = _valued(session, selection, key)
        every = seen_by(session, selection=selection, key=ALL).get(0, (0, 0))
        nobodys = _less(every, *own.values())
        return own | ({None: nobodys} if nobodys[0] else {})
    return _told_apart(session, selection, key)


def _valued(session: Session, selection: Selection, key: Key) -> dict[Any, Numbers]:
    """Count the inspections that have the key at all."""
    if key.of_roll_ups is None:
        return _from_index(session, selection, key, key.of_inspections.is_not(None))
    found = _told_apart(session, selection, key)
    return {place: numbers for place, numbers in found.items() if place is not None}


def _told_apart(session: Session, selection: Selection, key: Key) -> dict[Any, Numbers]:
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
    query = key.select_from_inspections(func.count(InspectionRow.id))
    rows = session.execute(query.where(*conditions(selection, of_few=True), is_missed, IS_MISSED))
    return {place: int(number) for place, number in rows}


def scored_frames_by_source(session: Session, *, window: Window | None) -> dict[int, int]:
    """Return how many frames have ended as scored in the whole spans of a long window, by source id."""
    write_counts(session)
    spans = CapturedRollUpRow
    query = select(spans.source_id, func.sum(spans.frames)).where(*_within(spans, _parts(window)[0]))
    rows = session.execute(query.group_by(spans.source_id))
    return {source_id: int(number) for source_id, number in rows}


def is_long(window: Window | None) -> bool:
    """Say whether a window is counted by roll-ups."""
    return window is None or window.end - window.start > LONG


def edges_of(window: Window | None) -> list[Window]:
    """Return the parts of a long window that no whole span covers, at most two, each shorter than a span."""
    return _parts(window)[1]


def _whole(session: Session, selection: Selection, key: Key) -> dict[Any, Numbers]:
    """Count a selection without labels, from roll-ups where it is long and they know all it asks for."""
    found = _spans_for(selection, key)
    if found is None:
        return _from_index(session, selection, key)
    write_counts(session)
    spans, wanted = found
    inner, edges = _parts(selection.window)
    wanted += [*_within(spans, inner), *of_sources(selection, spans.source_id)]
    if selection.detectors:
        named = select(DetectorVersionRow.id).where(DetectorVersionRow.name.in_(selection.detectors))
        wanted.append(spans.detector_version_id.in_(named))
    query = key.select_from_roll_ups(spans, func.sum(spans.inspections), func.sum(spans.faulted)).where(*wanted)
    sums: dict[Any, Numbers] = {
        place: (int(seen or 0), int(faulted or 0)) for place, seen, faulted in session.execute(query)
    }
    for edge in edges:
        for place, numbers in _from_index(session, replace(selection, window=edge), key).items():
            sums[place] = _less(sums.get(place, (0, 0)), tuple(-number for number in numbers))
    return sums


def _spans_for(selection: Selection, key: Key) -> tuple[Any, list[ColumnElement[bool]]] | None:
    """Return the roll-ups that know all a selection and a key ask for, and which of them; None where none do."""
    narrowed = selection.defect_classes or selection.min_ratio or selection.min_score is not None
    if key.of_roll_ups is None or narrowed or not is_long(selection.window):
        return None
    spans = AttributeRollUpRow
    if not selection.attributes:
        return (spans, [spans.key == key.attribute]) if key.attribute else (CapturedRollUpRow, [])
    [(name, value), *more] = selection.attributes.items()
    if more or key.attribute or len(value) > LONGEST_VALUE:
        return None
    return spans, [spans.key == name, spans.value == value]


def _from_index(session: Session, selection: Selection, key: Key, *more: ColumnElement[bool]) -> dict[Any, Numbers]:
    query = key.select_from_inspections(func.count(InspectionRow.id), func.count(InspectionRow.fault))
    of_few = bool(more) or bool(selection.defect_classes) or (selection.min_ratio or 0) >= 1
    rows = session.execute(query.where(*conditions(selection, of_few=of_few), *more))
    return {place: (int(seen), int(faulted)) for place, seen, faulted in rows}


def _within(spans: Any, window: Window | None) -> Iterator[ColumnElement[bool]]:
    if window is not None:
        yield spans.starts_at >= window.start
        yield spans.starts_at < window.end


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
