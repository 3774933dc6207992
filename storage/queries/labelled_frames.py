"""Frames that show what another detector would do, their originals kept: labelled ones, and the newest alerts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from storage.models import FrameRow, InspectionRow, SourceRow
from storage.queries.whatif import in_window
from storage.records import DEFECTS, DetectorVersion, LabelKind, Scored, Window
from storage.repositories.sources import source_by_id
from storage.repositories.versions import active_version, versions_sharing

ALERTS_OF, LABELS_OF = timedelta(days=7), timedelta(days=90)
MOST_FRAMES = 400
FEWEST_FALSE_ALARMS = 5


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """A frame as the active detector scored it, and the sha256 of its original."""

    scored: Scored
    sha256: str

    @property
    def is_false_alarm(self) -> bool:
        """Whether people said that it shows no defect."""
        return self.scored.label is LabelKind.FALSE_ALARM


def labelled_frames(session: Session, version: DetectorVersion, *, now: datetime) -> list[LabelledFrame]:
    """Return frames a version judged: labelled in 90 days, or anomalies of the last 7; the newest 400 at most."""
    own = [one.id for one in versions_sharing(session, version)]
    is_labelled = InspectionRow.label.in_([*DEFECTS, LabelKind.FALSE_ALARM])
    is_alert = and_(InspectionRow.score > version.threshold, InspectionRow.captured_at >= now - ALERTS_OF)
    query = (
        select(InspectionRow, FrameRow.sha256)
        .join(FrameRow, FrameRow.id == InspectionRow.frame_id)
        .where(*in_window(version.source_id, Window(now - LABELS_OF, now)), FrameRow.has_blob)
        .where(InspectionRow.detector_version_id.in_(own), or_(is_labelled, is_alert))
        .order_by(InspectionRow.captured_at.desc(), InspectionRow.id.desc())
        .limit(MOST_FRAMES)
    )
    return [LabelledFrame(_scored(row), sha256) for row, sha256 in session.execute(query)]


def false_alarms_of(session: Session, source_id: int, *, now: datetime) -> list[LabelledFrame]:
    """Return the active version's labelled false alarms whose originals are kept, the newest first."""
    version = active_version(session, source_by_id(session, source_id))
    if version is None:
        return []
    found = labelled_frames(session, version, now=now)
    return [frame for frame in found if frame.is_false_alarm and frame.scored.score > version.threshold]


def defect_hashes(session: Session, source: str) -> set[str]:
    """Return the sha256 of every image of a source that people called a defect."""
    query = (
        select(FrameRow.sha256)
        .join(InspectionRow, InspectionRow.frame_id == FrameRow.id)
        .join(SourceRow, SourceRow.id == InspectionRow.source_id)
        .where(SourceRow.name == source, InspectionRow.label.in_(DEFECTS))
    )
    return set(session.scalars(query))


def _scored(row: InspectionRow) -> Scored:
    return Scored(row.id, row.captured_at, row.score, LabelKind(row.label) if row.label else None, row.incident_id)
