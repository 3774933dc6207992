"""Counts in groups: by source, class, label, detector, verdict, or any attribute of the frame."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from storage.models import DetectorVersionRow, FrameRow, InspectionRow, SourceRow
from storage.queries.counting import as_counts, count_columns
from storage.queries.results import GroupCounts
from storage.queries.selection import Selection, conditions


class Group(StrEnum):
    """What inspections are grouped by; attribute needs the attribute's key."""

    SOURCE = "source"
    DEFECT_CLASS = "defect_class"
    LABEL = "label"
    DETECTOR = "detector"
    ATTRIBUTE = "attribute"


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
    key = _key(group, attribute).label("key")
    columns = [column.label(f"count_{place}") for place, column in enumerate(count_columns())]
    query = select(key, *columns).where(*conditions(selection)).group_by(key)
    if group is Group.ATTRIBUTE:
        query = query.join(FrameRow, FrameRow.id == InspectionRow.frame_id)
    counted = query.subquery()  # grouped by ids, which an index holds; names come after
    named = NAMES.get(group)
    name = counted.c.key if named is None else named.name
    rows = select(name, *list(counted.c)[1:]).select_from(counted)
    if named is not None:
        rows = rows.join(named, named.id == counted.c.key)
    ordered = rows.order_by(counted.c.count_2.desc(), name).limit(limit)
    return [
        GroupCounts(None if row[0] is None else str(row[0]), as_counts(row[1:])) for row in session.execute(ordered)
    ]


def _key(group: Group, attribute: str) -> ColumnElement[Any]:
    keys: dict[Group, ColumnElement[Any]] = {
        Group.ATTRIBUTE: FrameRow.attributes[attribute].as_string(),
        Group.SOURCE: InspectionRow.source_id.expression,
        Group.DEFECT_CLASS: InspectionRow.defect_class.expression,
        Group.LABEL: InspectionRow.label.expression,
        Group.DETECTOR: InspectionRow.detector_version_id.expression,
    }
    return keys[group]
