"""The frames scored just before one, and the fault said of some of them afterwards."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import FrameRow, InspectionRow
from storage.records import RecentFrame, Verdict
from storage.repositories import roll_ups


def recent_frames(
    session: Session, *, source_id: int, version_id: int, until: datetime | None, limit: int
) -> list[RecentFrame]:
    """Return the last frames a version of a source's detector scored until a moment (None: ever), oldest first."""
    kept = (FrameRow.id, FrameRow.sha256, InspectionRow.captured_at, InspectionRow.fault, InspectionRow.signs)
    query = (
        select(*kept)
        .join(FrameRow, FrameRow.id == InspectionRow.frame_id)
        .where(InspectionRow.source_id == source_id)
        .where(InspectionRow.detector_version_id == version_id, InspectionRow.is_shadow.is_(False))
        .order_by(InspectionRow.captured_at.desc(), InspectionRow.id.desc())
        .limit(limit)
    )
    if until is not None:
        query = query.where(InspectionRow.captured_at <= until)
    return [RecentFrame(*row) for row in session.execute(query)][::-1]


def mark_faulted(session: Session, version_id: int, frame_ids: Sequence[int], fault: str) -> list[int]:
    """Say of frames that they could not be judged after all, and return of which; what people know of stays as it is.

    A frame that is in an incident, or that has a label, was judged; the others count as not judged from now on.
    """
    if not frame_ids:
        return []
    query = (
        select(InspectionRow, FrameRow.received_at, FrameRow.attributes)
        .join(FrameRow, FrameRow.id == InspectionRow.frame_id)
        .where(InspectionRow.frame_id.in_(frame_ids), InspectionRow.detector_version_id == version_id)
        .where(InspectionRow.fault.is_(None))
        .where(InspectionRow.incident_id.is_(None), InspectionRow.label.is_(None))
        .order_by(InspectionRow.id)
        .with_for_update(of=InspectionRow)
    )
    marked = []
    for row, received_at, attributes in session.execute(query).all():
        row.fault = fault
        was_anomalous = int(row.verdict == Verdict.ANOMALOUS)
        roll_ups.count(session, row.source_id, received_at, faulted=1, anomalous=-was_anomalous)
        own = (row.source_id, row.detector_version_id, row.captured_at)
        roll_ups.count_captured(session, *own, attributes=attributes, faulted=1)
        marked.append(row.frame_id)
    session.flush()
    return marked


def is_judged(session: Session, inspection_id: int) -> bool:
    """Tell whether a frame could be judged: no fault was found in it, then or later."""
    query = select(InspectionRow.id).where(InspectionRow.id == inspection_id, InspectionRow.fault.is_(None))
    return session.scalar(query) is not None
