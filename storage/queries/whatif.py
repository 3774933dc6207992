"""Scores on record that another threshold would judge otherwise, and what it would have done."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import InspectionRow, SourceRow
from storage.queries.ends import ends_by_version
from storage.queries.seen import BY_DETECTOR, seen_by
from storage.queries.selection import Selection, is_counted, is_judged
from storage.queries.status import judging_version
from storage.queries.thresholds import candidate_thresholds, compare_thresholds
from storage.records import DEFECTS, DetectorVersion, LabelKind, Scored, ScoredHistory, Source, WhatIf, Window
from storage.repositories.versions import versions_sharing

MOST_SCORES = 50_000


class NoDetectorError(StorageError):
    """A source has no detector whose scores could be compared."""

    def __init__(self, source: str) -> None:
        super().__init__(f"{source} has no detector yet, so there are no scores to compare.")


class TooManyScoresError(StorageError):
    """A window holds more scores above a threshold than are compared at once."""

    def __init__(self, threshold: float) -> None:
        super().__init__(f"More than {MOST_SCORES:,} images score above {threshold:.4g}: choose a shorter window.")


def what_if(session: Session, *, source: Source, threshold: float, window: Window, join: timedelta) -> WhatIf:
    """Return what a threshold would have done; raise NoDetectorError or TooManyScoresError."""
    version = version_of(session, source, window)
    history = scored_history(session, version=version, window=window, above=min(threshold, version.threshold))
    return compare_thresholds(history, threshold, now=version.threshold, window=window, join=join)


def threshold_table(session: Session, *, source: Source, window: Window, join: timedelta) -> tuple[WhatIf, ...]:
    """Return what each threshold worth comparing would have done; raise NoDetectorError or TooManyScoresError.

    One that would flag more images than are compared at once is worth it to nobody.
    """
    version = version_of(session, source, window)
    is_own = _is_own(version, [one.id for one in versions_sharing(session, version)], window)
    missed = scores_where(session, *is_own, InspectionRow.score <= version.threshold, InspectionRow.label.in_(DEFECTS))
    lowest = min(candidate_thresholds(missed, version.threshold))
    if _are_too_many(session, *is_own, InspectionRow.score > lowest):
        lowest = version.threshold
    history = scored_history(session, version=version, window=window, above=lowest)
    return tuple(
        compare_thresholds(history, threshold, now=version.threshold, window=window, join=join)
        for threshold in candidate_thresholds(history.scores, version.threshold)
        if threshold >= lowest
    )


def _are_too_many(session: Session, *conditions: ColumnElement[bool]) -> bool:
    """Say whether more images than are compared at once are so; it stops counting there."""
    some = select(InspectionRow.source_id).where(*conditions).limit(MOST_SCORES + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) > MOST_SCORES


def version_of(session: Session, source: Source, window: Window) -> DetectorVersion:
    """Return the version whose scores are compared: the active one, of an import the last that judged."""
    row = session.get_one(SourceRow, source.id)
    version = judging_version(session, row.id, row.active_version_id, window.end)
    if version is None:
        raise NoDetectorError(source.name)
    return version


def scored_history(session: Session, *, version: DetectorVersion, window: Window, above: float) -> ScoredHistory:
    """Return a window's scores by a version's own files that are above a threshold, or labelled."""
    own = [one.id for one in versions_sharing(session, version)]
    source = session.get_one(SourceRow, version.source_id).name
    seen = seen_by(session, selection=Selection(window=window, sources=(source,)), key=BY_DETECTOR)
    judged = {version_id: inspections - faulted for version_id, (inspections, faulted) in seen.items()}
    mine = sum(judged.get(version_id, 0) for version_id in own)
    ends = ends_by_version(session, window=window, version_ids=own, only_judged=True)
    is_own = _is_own(version, own, window)
    labelled = InspectionRow.label.in_([*DEFECTS, LabelKind.FALSE_ALARM])
    if _are_too_many(session, *is_own, InspectionRow.score > above):
        raise TooManyScoresError(above)
    scores = scores_where(session, *is_own, InspectionRow.score > above)  # two looks, at an index each
    scores += scores_where(session, *is_own, InspectionRow.score <= above, labelled)
    return ScoredHistory(
        tuple(sorted(scores, key=lambda one: (one.captured_at, one.inspection_id))),
        above,
        mine,
        sum(judged.values()) - mine,
        min((first for first, _ in ends.values()), default=None),
    )


def _is_own(version: DetectorVersion, own: Sequence[int], window: Window) -> list[ColumnElement[bool]]:
    return [*in_window(version.source_id, window), InspectionRow.detector_version_id.in_(own)]


def in_window(source_id: int, window: Window) -> list[ColumnElement[bool]]:
    """Return what holds for the images of a source that were judged in a window: no shadow, no camera fault."""
    return [
        is_counted,
        is_judged,
        InspectionRow.source_id == source_id,
        InspectionRow.captured_at >= window.start,
        InspectionRow.captured_at < window.end,
    ]


def scores_where(session: Session, *conditions: ColumnElement[bool]) -> list[Scored]:
    """Return inspections as thresholds see them, in no order."""
    columns = (
        InspectionRow.id,
        InspectionRow.captured_at,
        InspectionRow.score,
        InspectionRow.label,
        InspectionRow.incident_id,
        InspectionRow.held_by,
    )
    query = select(*columns).where(*conditions)
    return [
        Scored(row_id, captured_at, score, LabelKind(label) if label else None, incident_id, held_by is not None)
        for row_id, captured_at, score, label, incident_id, held_by in session.execute(query)
    ]
