"""Forget the originals that nobody needs any more: old, unlabelled, in no open incident, pinned by no fit."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from storage.blobs import BlobStore
from storage.database import Database
from storage.models import FrameRow, IncidentRow, InspectionRow, PinRow
from storage.models.open import IS_ANOMALOUS
from storage.records import OPEN_STATES, FrameState
from storage.repositories.looks import forget_looks, images_asked_about

BATCH_FRAMES = 500
ENDED = (FrameState.SCORED, FrameState.REJECTED, FrameState.DROPPED, FrameState.DEAD_LETTER)


def prune_originals(
    database: Database,
    blobs: BlobStore,
    *,
    normal_days: float,
    anomaly_days: float,
    now: datetime,
) -> int:
    """Remove the blobs of expired frames, oldest first, and return how many frames lost theirs; the rows stay."""
    with database.transaction() as session:
        normal = _expired(session, before=now - timedelta(days=normal_days), is_anomalous=False)
        anomalous = _expired(session, before=now - timedelta(days=anomaly_days), is_anomalous=True)
        frames = normal + anomalous
        ids = [frame_id for frame_id, _ in frames]
        session.execute(update(FrameRow).where(FrameRow.id.in_(ids)).values(has_blob=False))
        still_wanted = _wanted(session, {sha256 for _, sha256 in frames})
    for sha256 in {sha256 for _, sha256 in frames} - still_wanted:
        blobs.remove(sha256)
    return len(frames)


def prune_looks(database: Database, blobs: BlobStore, *, days: float, now: datetime) -> int:
    """Forget the images people asked about so long ago, and their pictures; return how many blobs were removed."""
    with database.transaction() as session:
        unneeded = forget_looks(session, before=now - timedelta(days=days), limit=BATCH_FRAMES)
    for sha256 in unneeded:
        blobs.remove(sha256)
    return len(unneeded)


def _expired(session: Session, *, before: datetime, is_anomalous: bool) -> list[tuple[int, str]]:
    own = InspectionRow.frame_id == FrameRow.id
    anomalous = exists().where(own, IS_ANOMALOUS)
    labelled = exists().where(own, InspectionRow.label.is_not(None))
    in_open_incident = exists().where(
        own, InspectionRow.incident_id == IncidentRow.id, IncidentRow.state.in_(OPEN_STATES)
    )
    query = (
        select(FrameRow.id, FrameRow.sha256)
        .where(FrameRow.received_at < before, FrameRow.has_blob, FrameRow.state.in_(ENDED))
        .where(anomalous if is_anomalous else ~anomalous, ~labelled, ~in_open_incident)
        .where(~exists().where(PinRow.sha256 == FrameRow.sha256))
        .order_by(FrameRow.received_at)
        .limit(BATCH_FRAMES)
    )
    return [(frame_id, sha256) for frame_id, sha256 in session.execute(query)]


def _wanted(session: Session, hashes: set[str]) -> set[str]:
    query = select(FrameRow.sha256).where(FrameRow.sha256.in_(hashes), FrameRow.has_blob)
    return set(session.scalars(query)) | images_asked_about(session, hashes)
