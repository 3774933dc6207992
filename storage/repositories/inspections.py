"""Recording what a detector found: inspection, frame, counts and outbox event in one transaction (I3)."""

import math
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.failpoints import reach
from storage.models import EventRow, InspectionRow
from storage.records import DetectorVersion, EventKind, FrameState, Lease, NewInspection, Verdict
from storage.repositories import roll_ups
from storage.repositories.frames import finish_frame

INSPECTION: Table = InspectionRow.__table__  # type: ignore[assignment]  # as mapped
RECORD = insert(INSPECTION).returning(INSPECTION.c.id)  # built once: every frame goes through it


class NotFiniteError(StorageError):
    """A figure that is no number must not be stored (I6)."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The detector gave a {name} that is not finite.")


def record_inspection(
    session: Session,
    lease: Lease,
    version: DetectorVersion,
    found: NewInspection,
    *,
    is_told: bool,
    pages: bool,
    now: datetime,
) -> int | None:
    """Store what was found and return the inspection's id; None where the lease was lost, and nothing is stored.

    is_told: write an outbox event where the verdict is anomalous. pages: the event may send a message.
    """
    _refuse_not_finite(found)
    if not finish_frame(session, lease, FrameState.SCORED):
        return None
    inserted = session.connection().execute(RECORD, _values(lease, version, found, now))
    inspection_id: int = inserted.scalar_one()
    reach("inspection.written")
    is_anomaly = found.verdict is Verdict.ANOMALOUS and found.fault is None
    frame, faulted = lease.frame, int(found.fault is not None)
    roll_ups.count(session, frame.source_id, frame.received_at, anomalous=int(is_anomaly), faulted=faulted)
    roll_ups.count_captured(
        session,
        frame.source_id,
        version.id,
        frame.captured_at,
        attributes=frame.attributes,
        inspections=1,
        faulted=faulted,
        frames=1,
    )
    if is_anomaly and is_told:
        session.add(_anomaly_event(frame.source_id, inspection_id, pages, now))
        session.flush()
        reach("event.written")
    return inspection_id


def _values(lease: Lease, version: DetectorVersion, found: NewInspection, now: datetime) -> dict[str, Any]:
    return {
        "is_shadow": False,
        "frame_id": lease.frame.id,
        "detector_version_id": version.id,
        "source_id": lease.frame.source_id,
        "captured_at": lease.frame.captured_at,
        "inspected_at": now,
        "score": found.score,
        "threshold": found.threshold,
        "p_value": found.p_value,
        "verdict": found.verdict,
        "fault": found.fault,
        "regions": [asdict(region) for region in found.regions],
        "width": found.width,
        "height": found.height,
        "vectors": found.vectors,
        "embedding_space": found.embedding_space,
        "heatmap": found.heatmap,
        "thumbnail": found.thumbnail,
        "crops": list(found.crops),
        "milliseconds": found.milliseconds,
        "signs": None if found.signs is None else dict(found.signs),
    }


def _anomaly_event(source_id: int, inspection_id: int, pages: bool, now: datetime) -> EventRow:  # noqa: FBT001 - passed on by name above
    return EventRow(
        kind=EventKind.ANOMALY,
        source_id=source_id,
        inspection_id=inspection_id,
        payload={"pages": pages},
        created_at=now,
    )


def _refuse_not_finite(found: NewInspection) -> None:
    figures = {"score": found.score, "threshold": found.threshold, "p-value": found.p_value or 0.0}
    figures |= {"region peak": sum(region.peak for region in found.regions)}
    figures |= {"distance": sum(region.nearest.distance for region in found.regions if region.nearest)}
    figures |= {"sign of the camera": sum(found.signs.values()) if found.signs else 0.0}
    for name, value in figures.items():
        if not math.isfinite(value):
            raise NotFiniteError(name)
