"""Forget the originals that nobody needs any more: old, unlabelled, in no open incident, pinned by no fit."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from storage.blobs import BlobStore
from storage.database import Database
from storage.models import FrameRow, IncidentRow, InspectionRow, PinRow
from storage.models.open import IS_ANOMALOUS
from storage.records import OPEN_STATES, FrameState
from storage.repositories.keeping import unneeded_originals
from storage.repositories.looks import forget_looks

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
        unneeded = _let_go(session, normal + anomalous)
    for sha256 in unneeded:
        blobs.remove(sha256)
    return len(normal + anomalous)


def prune_early(database: Database, blobs: BlobStore, *, least_days: float, limit: int, now: datetime) -> int:
    """Remove the blobs of the oldest normal frames before their days are over, for the disk is full; return how many.

    Only what was scored: what was rejected or given up may still be tried again, anomalies keep their days, and what
    is labelled, in an open incident or pinned is never touched.
    """
    with database.transaction() as session:
        before = now - timedelta(days=least_days)
        oldest = _expired(session, before=before, is_anomalous=False, states=(FrameState.SCORED,), limit=limit)
        unneeded = _let_go(session, oldest)
    for sha256 in unneeded:
        blobs.remove(sha256)
    return len(oldest)


def prune_looks(database: Database, blobs: BlobStore, *, days: float, now: datetime) -> int:
    """Forget the images people asked about so long ago, and their pictures; return how many blobs were removed."""
    with database.transaction() as session:
        unneeded = forget_looks(session, before=now - timedelta(days=days), limit=BATCH_FRAMES)
    for sha256 in unneeded:
        blobs.remove(sha256)
    return len(unneeded)


def _expired(
    session: Session,
    *,
    before: datetime,
    is_anomalous: bool,
    states: tuple[FrameState, ...] = ENDED,
    limit: int = BATCH_FRAMES,
) -> list[tuple[int, str]]:
    own = InspectionRow.frame_id == FrameRow.id
    anomalous = exists().where(own, IS_ANOMALOUS)
    labelled = exists().where(own, InspectionRow.label.is_not(None))
    in_open_incident = exists().where(
        own, InspectionRow.incident_id == IncidentRow.id, IncidentRow.state.in_(OPEN_STATES)
    )
    query = (
        select(FrameRow.id, FrameRow.sha256)
        .where(FrameRow.received_at < before, FrameRow.has_blob, FrameRow.state.in_(states))
        .where(anomalous if is_anomalous else ~anomalous, ~labelled, ~in_open_incident)
        .where(~exists().where(PinRow.sha256 == FrameRow.sha256))
        .order_by(FrameRow.received_at)
        .limit(limit)
    )
    return [(frame_id, sha256) for frame_id, sha256 in session.execute(query)]


def _let_go(session: Session, frames: list[tuple[int, str]]) -> set[str]:
    """Note that frames have no blob any more, and return the blobs that nothing else needs."""
    ids = [frame_id for frame_id, _ in frames]
    session.execute(update(FrameRow).where(FrameRow.id.in_(ids)).values(has_blob=False))
    return unneeded_originals(session, {sha256 for _, sha256 in frames})
