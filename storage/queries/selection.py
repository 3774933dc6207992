"""Which inspections a query looks at, and the conditions that say so in SQL."""

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import aliased

from storage.models import DetectorVersionRow, FrameRow, InspectionRow, SourceRow
from storage.models.open import IS_ANOMALOUS, IS_OVER
from storage.records import LabelKind, Verdict, Window

UNLABELLED = "unlabelled"


@dataclass(frozen=True, slots=True)
class Selection:
    """Filters over inspections; an empty tuple or None leaves its side open.

    sources: names; None takes every source, an empty tuple none. labels: label kinds, or `unlabelled`.
    attributes: of the frame, all of them must fit. min_ratio: score over threshold, at least. min_score: the score
    itself, at least.
    """

    window: Window | None = None
    sources: tuple[str, ...] | None = None
    excluded_sources: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    excluded_labels: tuple[str, ...] = ()
    defect_classes: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    min_ratio: float | None = None
    min_score: float | None = None


is_counted: ColumnElement[bool] = InspectionRow.is_shadow.is_(False)
is_judged: ColumnElement[bool] = InspectionRow.fault.is_(None)
is_anomaly: ColumnElement[bool] = and_(is_judged, IS_ANOMALOUS)
is_missed: ColumnElement[bool] = and_(
    is_judged,
    InspectionRow.verdict == Verdict.NORMAL,
    InspectionRow.label == LabelKind.MISSED,
)


def conditions(selection: Selection, *, of_few: bool = False) -> list[ColumnElement[bool]]:
    """Return what must hold for an inspection to be in the selection; shadow inspections never are.

    of_few: it looks at few, which have an index of their own: SQLite must not walk all of a source to find them.
    """
    return [
        is_counted,
        *_when(selection.window),
        *of_sources(selection, InspectionRow.source_id + 0 if of_few else InspectionRow.source_id.expression),
        *_labelled(selection),
        *_found(selection),
    ]


def _when(window: Window | None) -> list[ColumnElement[bool]]:
    if window is None:
        return []
    return [InspectionRow.captured_at >= window.start, InspectionRow.captured_at < window.end]


def of_sources(selection: Selection, source_id: ColumnElement[int]) -> list[ColumnElement[bool]]:
    """Return what must hold for a row's source to be in the selection."""
    wanted: list[ColumnElement[bool]] = []
    if selection.sources is not None:
        wanted.append(source_id.in_(_source_ids(selection.sources)) if selection.sources else false())
    if selection.excluded_sources:
        wanted.append(source_id.not_in(_source_ids(selection.excluded_sources)))
    return wanted


def _labelled(selection: Selection) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if selection.labels:
        wanted.append(_has_label(selection.labels))
    if selection.excluded_labels:
        wanted.append(_has_no_label(selection.excluded_labels))
    if selection.defect_classes:
        wanted.append(InspectionRow.defect_class.in_(selection.defect_classes))
    return wanted


def _found(selection: Selection) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if selection.detectors:
        named = select(DetectorVersionRow.id).where(DetectorVersionRow.name.in_(selection.detectors))
        # `+ 0`: or SQLite walks all that a detector judged, where few of them are wanted
        wanted.append((InspectionRow.detector_version_id + 0).in_(named))
    for key, value in selection.attributes.items():
        wanted.append(attribute_of_frame(key) == value)
    if selection.min_ratio is not None:
        wanted.append(InspectionRow.score >= selection.min_ratio * InspectionRow.threshold)
        wanted += [IS_OVER] if selection.min_ratio >= 1 else []  # it follows, and has an index
    if selection.min_score is not None:
        wanted.append(InspectionRow.score >= selection.min_score)
    return wanted


def attribute_of_frame(name: str) -> ColumnElement[str]:
    """Return an attribute of an inspection's frame: looked up for each that all else fits, never by walking frames."""
    frame = aliased(FrameRow)  # the query may join frames itself
    own = select(frame.attributes[name].as_string()).where(frame.id == InspectionRow.frame_id)
    return own.correlate(InspectionRow).scalar_subquery()


def _source_ids(names: tuple[str, ...]):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a scalar subquery
    return select(SourceRow.id).where(SourceRow.name.in_(names))


def _has_label(labels: tuple[str, ...]) -> ColumnElement[bool]:
    named = InspectionRow.label.in_([label for label in labels if label != UNLABELLED])
    return or_(named, InspectionRow.label.is_(None)) if UNLABELLED in labels else named


def _has_no_label(labels: tuple[str, ...]) -> ColumnElement[bool]:
    others = InspectionRow.label.not_in([label for label in labels if label != UNLABELLED])
    if UNLABELLED in labels:
        return and_(InspectionRow.label.is_not(None), others)
    return or_(InspectionRow.label.is_(None), others)
