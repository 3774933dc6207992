"""Counts in groups: by source, class, label, detector, verdict, or any attribute of the frame."""

from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import DetectorVersionRow, SourceRow
from storage.queries.counting import count_in_groups
from storage.queries.results import GroupCounts
from storage.queries.seen import BY_CLASS, BY_DETECTOR, BY_LABEL, BY_SOURCE, Key, by_attribute
from storage.queries.selection import Selection


class Group(StrEnum):
    """What inspections are grouped by; attribute needs the attribute's key."""

    SOURCE = "source"
    DEFECT_CLASS = "defect_class"
    LABEL = "label"
    DETECTOR = "detector"
    ATTRIBUTE = "attribute"


KEYS: dict[Group, Key] = {
    Group.SOURCE: BY_SOURCE,
    Group.DEFECT_CLASS: BY_CLASS,
    Group.LABEL: BY_LABEL,
    Group.DETECTOR: BY_DETECTOR,
}
NAMES: dict[Group, type[SourceRow] | type[DetectorVersionRow]] = {
    Group.SOURCE: SourceRow,
    Group.DETECTOR: DetectorVersionRow,
}


def count_by(
    session: Session,
    *,
    selection: Selection,
    group: Group,
    limit: int,
    attribute: str = "",
) -> list[GroupCounts]:
    """Count a selection in groups, most anomalies first, then by name; groups beyond the limit are left out."""
    key = by_attribute(attribute) if group is Group.ATTRIBUTE else KEYS[group]
    counts = count_in_groups(session, selection=selection, key=key)
    names = _names(session, group, counts)
    groups = [GroupCounts(None if key is None else names.get(key, str(key)), one) for key, one in counts.items()]
    return sorted(groups, key=lambda one: (-one.counts.anomalies, one.key or ""))[:limit]


def _names(session: Session, group: Group, ids: Collection[int]) -> dict[int, str]:
    """Return the names of what groups are by id, empty for others."""
    row = NAMES.get(group)
    if row is None:
        return {}
    return {key: name for key, name in session.execute(select(row.id, row.name).where(row.id.in_(ids)))}  # noqa: C416 - rows are no tuples to mypy
