"""History out: one JSON line an inspection, in the order of their ids, readable by the import."""

import json
from collections.abc import Iterator

from sqlalchemy import Row, Select, select

from storage.database import Database
from storage.models import DetectorVersionRow, FrameRow, IncidentRow, InspectionRow, SourceRow

PAGE_ROWS = 1000


def export_history(database: Database, *, source: str | None = None) -> Iterator[str]:
    """Yield the lines; shadow inspections are left out."""
    last = 0
    while True:
        with database.reading() as session:
            rows = session.execute(_page(last, source)).all()
        if not rows:
            return
        yield from (_line(row) for row in rows)
        last = rows[-1][0].id


def _page(last: int, source: str | None) -> Select[InspectionRow, FrameRow, str, str, str | None]:
    query = (
        select(InspectionRow, FrameRow, SourceRow.name, DetectorVersionRow.name, IncidentRow.key)
        .join(FrameRow, FrameRow.id == InspectionRow.frame_id)
        .join(SourceRow, SourceRow.id == InspectionRow.source_id)
        .join(DetectorVersionRow, DetectorVersionRow.id == InspectionRow.detector_version_id)
        .outerjoin(IncidentRow, IncidentRow.id == InspectionRow.incident_id)
        .where(InspectionRow.id > last, InspectionRow.is_shadow.is_(False))
    )
    if source is not None:
        query = query.where(SourceRow.name == source)
    return query.order_by(InspectionRow.id).limit(PAGE_ROWS)


def _line(row: Row[InspectionRow, FrameRow, str, str, str | None]) -> str:
    inspection, frame, source, detector, incident = row
    values = {
        "id": f"A-{inspection.id}",
        "source": source,
        "captured_at": inspection.captured_at.isoformat().replace("+00:00", "Z"),
        "score": inspection.score,
        "threshold": inspection.threshold,
        "verdict": inspection.verdict,
        "fault": inspection.fault,
        "detector": detector,
        "path": frame.name,
        "sha256": frame.sha256,
        "label": inspection.label,
        "defect_class": inspection.defect_class,
        "regions": inspection.regions,
        "attributes": frame.attributes,
        "incident": incident or (f"I-{inspection.incident_id}" if inspection.incident_id else None),
    }
    return json.dumps(values, ensure_ascii=False)
