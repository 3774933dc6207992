"""Recording what a detector found: inspection, frame, counts and outbox event in one transaction (I3)."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.failpoints import reach
from storage.models import EventRow, InspectionRow
from storage.records import DetectorVersion, EventKind, Finding, FrameState, Lease, NewInspection, Verdict
from storage.repositories import roll_ups
from storage.repositories.frames import finish_frames

INSPECTION: Table = InspectionRow.__table__  # type: ignore[assignment]  # as mapped
RECORD = insert(INSPECTION).returning(INSPECTION.c.frame_id, INSPECTION.c.id)  # built once: every frame goes through it


class NotFiniteError(StorageError):
    """A figure that is no number must not be stored (I6)."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The detector gave a {name} that is not finite.")


class Recording:
    """Inspections of frames that this transaction ends as scored, written together.

    That is at the end of a `with`, and where `write` is asked for because somebody reads them before. ids: of the
    inspections written, by the frame's.
    """

    def __init__(self, session: Session, *, now: datetime) -> None:
        self.ids: dict[int, int] = {}
        self._session = session
        self._now = now
        self._waiting: list[Finding] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.write()

    def add(self, finding: Finding) -> None:
        """Keep what was found in one frame to be written with others; raise NotFiniteError."""
        _refuse_not_finite(finding.found)
        self._waiting.append(finding)

    def write(self) -> None:
        """Write what waits: inspections, counts, and an event for each anomaly that is told."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        values = [_values(finding, self._now) for finding in waiting]
        written = self._session.connection().execute(RECORD, values)
        self.ids.update(tuple(row) for row in written)
        reach("inspection.written")
        for finding in waiting:
            _count(self._session, finding)
        told = [finding for finding in waiting if finding.is_told and _is_anomaly(finding.found)]
        if told:
            self._session.add_all(self._event(finding) for finding in told)
            self._session.flush()
            reach("event.written")

    def _event(self, finding: Finding) -> EventRow:
        frame = finding.lease.frame
        return EventRow(
            kind=EventKind.ANOMALY,
            source_id=frame.source_id,
            inspection_id=self.ids[frame.id],
            payload={"pages": finding.pages},
            created_at=self._now,
        )


def record_inspections(session: Session, findings: Sequence[Finding], *, now: datetime) -> list[int | None]:
    """Store what was found in some frames and return each inspection's id; None where the lease was lost.

    Of a lost one nothing is stored. Raise NotFiniteError.
    """
    ended = finish_frames(session, [finding.lease for finding in findings], FrameState.SCORED)
    with Recording(session, now=now) as recording:
        for finding in findings:
            if finding.lease.frame.id in ended:
                recording.add(finding)
    return [recording.ids.get(finding.lease.frame.id) for finding in findings]


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
    """Store what was found in one frame, as record_inspections does."""
    return record_inspections(session, [Finding(lease, version, found, is_told=is_told, pages=pages)], now=now)[0]


def _is_anomaly(found: NewInspection) -> bool:
    return found.verdict is Verdict.ANOMALOUS and found.fault is None


def _count(session: Session, finding: Finding) -> None:
    frame, found = finding.lease.frame, finding.found
    faulted = int(found.fault is not None)
    roll_ups.count(session, frame.source_id, frame.received_at, anomalous=int(_is_anomaly(found)), faulted=faulted)
    roll_ups.count_captured(
        session,
        frame.source_id,
        finding.version.id,
        frame.captured_at,
        attributes=frame.attributes,
        inspections=1,
        faulted=faulted,
        frames=1,
    )


def _values(finding: Finding, now: datetime) -> dict[str, Any]:
    frame, found = finding.lease.frame, finding.found
    return {
        "is_shadow": False,
        "frame_id": frame.id,
        "detector_version_id": finding.version.id,
        "source_id": frame.source_id,
        "captured_at": frame.captured_at,
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


def _refuse_not_finite(found: NewInspection) -> None:
    figures = {"score": found.score, "threshold": found.threshold, "p-value": found.p_value or 0.0}
    figures |= {"region peak": sum(region.peak for region in found.regions)}
    figures |= {"distance": sum(region.nearest.distance for region in found.regions if region.nearest)}
    figures |= {"sign of the camera": sum(found.signs.values()) if found.signs else 0.0}
    for name, value in figures.items():
        if not math.isfinite(value):
            raise NotFiniteError(name)
