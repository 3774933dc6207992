"""What a source remembers of people's words, and what was held back for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from storage.models import InspectionRow, LabelRow
from storage.records import DEFECTS, LabelKind, Remembered
from storage.repositories.incidents import likeness_of

MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class HeldBack:
    """How many later anomalies a labelled false alarm has held back, and when the last of them was captured."""

    count: int = 0
    last_at: datetime | None = None


def remembered(
    session: Session, source_id: int, *, false_alarms_since: datetime, most: int = MOST_REMEMBERED
) -> list[Remembered]:
    """Return a source's labelled defects and its false alarms said so since then, newest word first, so many of each.

    Only what has a vector can be compared. False alarms never crowd out a defect (invariant I12).
    """
    is_false = and_(InspectionRow.label == LabelKind.FALSE_ALARM, LabelRow.created_at >= false_alarms_since)
    wanted = InspectionRow.label.in_(DEFECTS), is_false
    return [one for condition in wanted for one in _newest_words(session, source_id, condition, most)]


def hold_back(session: Session, inspection_id: int, *, like: int) -> None:
    """Note that an anomaly is not told because it is like one that people called a false alarm."""
    own = InspectionRow.id == inspection_id
    session.execute(update(InspectionRow).where(own).values(held_by=like))


def labelled_false_alarms(session: Session, incident_id: int) -> list[int]:
    """Return the inspections of an incident that people called false alarms."""
    own = (InspectionRow.incident_id == incident_id) & (InspectionRow.label == LabelKind.FALSE_ALARM)
    return list(session.scalars(select(InspectionRow.id).where(own)))


def held_back(session: Session, inspection_ids: Sequence[int]) -> dict[int, HeldBack]:
    """Return what each labelled false alarm has held back; those that held nothing are left out."""
    query = (
        select(InspectionRow.held_by, func.count(), func.max(InspectionRow.captured_at))
        .where(InspectionRow.held_by.in_(inspection_ids))
        .group_by(InspectionRow.held_by)
    )
    return {int(like): HeldBack(int(count), last) for like, count, last in session.execute(query) if like is not None}


def _as_remembered(row: InspectionRow, label: LabelRow) -> Remembered:
    kind = LabelKind.DEFECT if row.label in DEFECTS else LabelKind.FALSE_ALARM
    return Remembered(likeness_of(row), kind, row.defect_class, label.author, label.created_at)


def _newest_words(session: Session, source_id: int, condition: ColumnElement[bool], most: int) -> list[Remembered]:
    own = (LabelRow.inspection_id == InspectionRow.id) & LabelRow.withdrawn_at.is_(None)
    newest = select(func.max(LabelRow.id)).where(own).correlate(InspectionRow).scalar_subquery()
    query = (
        select(InspectionRow, LabelRow)
        .join(LabelRow, LabelRow.id == newest)
        .where(InspectionRow.source_id == source_id, InspectionRow.vectors.is_not(None), condition)
        .order_by(LabelRow.id.desc())
        .limit(most)
    )
    return [_as_remembered(row, label) for row, label in session.execute(query)]
