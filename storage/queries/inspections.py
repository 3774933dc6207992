"""Inspections as records: one by its id, or those of a selection."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from storage.models import DetectorVersionRow, FrameRow, InspectionRow, SourceRow
from storage.queries.selection import Selection, conditions
from storage.records import Inspection, LabelKind, NearestNormal, Region, Verdict


def get_inspection(session: Session, inspection_id: int) -> Inspection | None:
    """Return one inspection, anomalous or not; None where there is none."""
    found = session.execute(joined().where(InspectionRow.id == inspection_id)).one_or_none()
    return None if found is None else as_inspection(*found)


def inspections_by_id(session: Session, ids: Collection[int]) -> dict[int, Inspection]:
    """Return inspections by their ids; those that are none are left out."""
    rows = session.execute(joined().where(InspectionRow.id.in_(ids)))
    return {row.id: as_inspection(row, frame, source, detector) for row, frame, source, detector in rows}


def neighbours(session: Session, inspection: Inspection, *, now: datetime) -> tuple[int | None, int | None]:
    """Return the ids of the source's inspections just before and just after one, None where there is none by `now`."""
    at, place = InspectionRow.captured_at, (inspection.captured_at, inspection.id)
    own = select(InspectionRow.id).where(*conditions(Selection()), InspectionRow.source_id == inspection.source_id)
    earlier = own.where(at <= place[0], or_(at < place[0], InspectionRow.id < place[1]))
    later = own.where(at >= place[0], at <= now, or_(at > place[0], InspectionRow.id > place[1]))
    return (
        session.scalar(earlier.order_by(at.desc(), InspectionRow.id.desc()).limit(1)),
        session.scalar(later.order_by(at.asc(), InspectionRow.id.asc()).limit(1)),
    )


def list_inspections(session: Session, *, selection: Selection, limit: int, offset: int = 0) -> list[Inspection]:
    """Return a selection's inspections, newest first."""
    newest = joined().where(*conditions(selection)).order_by(InspectionRow.captured_at.desc(), InspectionRow.id.desc())
    return [as_inspection(*row) for row in session.execute(newest.limit(limit).offset(offset))]


def joined() -> Select[InspectionRow, FrameRow, str, str]:
    """Select inspections with frame, source name and detector name, as `as_inspection` takes them."""
    return (
        select(InspectionRow, FrameRow, SourceRow.name, DetectorVersionRow.name)
        .join(FrameRow, FrameRow.id == InspectionRow.frame_id)
        .join(SourceRow, SourceRow.id == InspectionRow.source_id)
        .join(DetectorVersionRow, DetectorVersionRow.id == InspectionRow.detector_version_id)
    )


def as_inspection(row: InspectionRow, frame: FrameRow, source: str, detector: str) -> Inspection:
    """Turn joined rows into the record."""
    return Inspection(
        id=row.id,
        frame_id=row.frame_id,
        source_id=row.source_id,
        source=source,
        detector=detector,
        captured_at=row.captured_at,
        inspected_at=row.inspected_at,
        score=row.score,
        threshold=row.threshold,
        p_value=row.p_value,
        verdict=Verdict(row.verdict),
        fault=row.fault,
        regions=tuple(_region(values) for values in row.regions),
        name=frame.name,
        attributes=dict(frame.attributes),
        heatmap=row.heatmap,
        thumbnail=row.thumbnail,
        crops=tuple(row.crops),
        label=LabelKind(row.label) if row.label else None,
        defect_class=row.defect_class,
        incident_id=row.incident_id,
        milliseconds=row.milliseconds,
        width=row.width,
        height=row.height,
        held_by=row.held_by,
    )


def _region(values: dict[str, Any]) -> Region:
    width, height = int(values.get("width", 0)), int(values.get("height", 0))
    return Region(
        x=int(values.get("x", 0)),
        y=int(values.get("y", 0)),
        width=width,
        height=height,
        area=int(values.get("area", width * height)),
        peak=float(values.get("peak", 0.0)),
        nearest=_nearest(values.get("nearest")),
    )


def _nearest(values: dict[str, Any] | None) -> NearestNormal | None:
    if not values:
        return None
    box = values["box"]
    return NearestNormal(
        image=str(values["image"]),
        number=int(values["number"]),
        distance=float(values["distance"]),
        box=None if box is None else (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
    )
