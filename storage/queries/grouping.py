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
    columns = count_columns()
    anomalies = columns[2]
    query = (
        select(key, *columns)
        .select_from(InspectionRow)
        .join(SourceRow, SourceRow.id == InspectionRow.source_id)
        .join(DetectorVersionRow, DetectorVersionRow.id == InspectionRow.detector_version_id)
    )
    if group is Group.ATTRIBUTE:
        query = query.join(FrameRow, FrameRow.id == InspectionRow.frame_id)
    grouped = query.where(*conditions(selection)).group_by(key).order_by(anomalies.desc(), key).limit(limit)
    return [
        GroupCounts(None if row[0] is None else str(row[0]), as_counts(row[1:])) for row in session.execute(grouped)
    ]


def _key(group: Group, attribute: str) -> ColumnElement[Any]:
    keys: dict[Group, ColumnElement[Any]] = {
        Group.ATTRIBUTE: FrameRow.attributes[attribute].as_string(),
        Group.SOURCE: SourceRow.name.expression,
        Group.DEFECT_CLASS: InspectionRow.defect_class.expression,
        Group.LABEL: InspectionRow.label.expression,
        Group.DETECTOR: DetectorVersionRow.name.expression,
    }
    return keys[group]
