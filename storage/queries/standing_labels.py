"""What people said that still stands: the last word on each inspection, counted in groups."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from storage.models import InspectionRow, LabelRow, SourceRow
from storage.records import LabelKind, Window


class LabelGroup(StrEnum):
    """What labels are grouped by."""

    NONE = "none"
    REVIEWER = "reviewer"
    DEFECT_CLASS = "defect_class"
    LABEL = "label"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class LabelGroupCounts:
    """How many labels of each kind a group has; key None holds those without a value, such as a class."""

    key: str | None
    by_kind: dict[LabelKind, int] = field(default_factory=dict)

    @property
    def labels(self) -> int:
        """All of them."""
        return sum(self.by_kind.values())

    @property
    def false_alarm_share(self) -> float | None:
        """False alarms as a share of what was called a defect or a false alarm; None where nothing was."""
        false = self.by_kind.get(LabelKind.FALSE_ALARM, 0)
        settled = false + self.by_kind.get(LabelKind.DEFECT, 0)
        return false / settled if settled else None


def count_standing_labels(
    session: Session,
    *,
    window: Window,
    now: datetime,
    group: LabelGroup = LabelGroup.NONE,
    sources: tuple[str, ...] | None = None,
    author: str | None = None,
) -> list[LabelGroupCounts]:
    """Count the labels said in a window that stand at `now`, most first, then by key; those of shadows never."""
    key = _key(group).label("key")
    query = (
        select(key, LabelRow.kind, func.count())
        .join(InspectionRow, InspectionRow.id == LabelRow.inspection_id)
        .join(SourceRow, SourceRow.id == InspectionRow.source_id)
        .where(*_standing(now), LabelRow.created_at >= window.start, LabelRow.created_at < window.end)
        .where(InspectionRow.is_shadow.is_(False))
    )
    if sources is not None:
        query = query.where(SourceRow.name.in_(sources))
    if author is not None:
        query = query.where(LabelRow.author == author)
    groups: dict[str | None, dict[LabelKind, int]] = {}
    for name, kind, number in session.execute(query.group_by(key, LabelRow.kind)):
        groups.setdefault(name, {})[LabelKind(kind)] = int(number)
    found = [LabelGroupCounts(name, by_kind) for name, by_kind in groups.items()]
    return sorted(found, key=lambda one: (-one.labels, one.key or ""))


def label_authors(session: Session, *, limit: int = 1000) -> list[str]:
    """Return who ever labelled anything, by name."""
    return list(session.scalars(select(LabelRow.author).distinct().order_by(LabelRow.author).limit(limit)))


def _standing(now: datetime) -> list[ColumnElement[bool]]:
    later = aliased(LabelRow)
    is_later = and_(later.inspection_id == LabelRow.inspection_id, later.id > LabelRow.id, *_said(later, now))
    return [*_said(LabelRow, now), ~select(later.id).where(is_later).exists()]


def _said(label: Any, now: datetime) -> list[ColumnElement[bool]]:
    return [label.created_at <= now, or_(label.withdrawn_at.is_(None), label.withdrawn_at > now)]


def _key(group: LabelGroup) -> ColumnElement[Any]:
    keys: dict[LabelGroup, ColumnElement[Any]] = {
        LabelGroup.NONE: literal(""),
        LabelGroup.REVIEWER: LabelRow.author.expression,
        LabelGroup.DEFECT_CLASS: LabelRow.defect_class.expression,
        LabelGroup.LABEL: LabelRow.kind.expression,
        LabelGroup.SOURCE: SourceRow.name.expression,
    }
    return keys[group]
