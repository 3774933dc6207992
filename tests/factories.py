"""Rows as tests need them: keyword defaults show only what matters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import update
from sqlalchemy.orm import Session

from storage.models import FrameRow
from storage.records import (
    DetectorVersion,
    FrameState,
    Lease,
    NewFrame,
    NewInspection,
    Region,
    Source,
    SourceState,
    Verdict,
)
from storage.repositories.frames import claim_frames, receive_frame
from storage.repositories.inspections import record_inspection
from storage.repositories.sources import activate_version, ensure_source, set_source_state, source_by_id
from storage.repositories.versions import NewVersion, next_number, register_version

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LOST_AT = datetime(2026, 3, 25, 10, tzinfo=UTC)


def make_source(session: Session, name: str = "line-1", *, state: SourceState = SourceState.LIVE) -> Source:
    source = ensure_source(session, name, now=NOON)
    return set_source_state(session, name, state, actor="test", now=NOON) if state != source.state else source


def make_version(session: Session, source: Source, **changes: object) -> DetectorVersion:
    new = NewVersion(
        bundle=f"bundles/{source.name}@1",
        manifest_sha256="0" * 64,
        method="patchcore",
        preset="fast",
        embedding_space="space",
        threshold=1.0,
        promised_rate=0.01,
        training_images=200,
    )
    new = replace(new, **changes)  # type: ignore[arg-type]  # the caller's names are checked by replace
    source = source_by_id(session, source.id)
    version = register_version(session, source, next_number(session, source), new, now=NOON)
    assert activate_version(session, source.id, version.id, expected=source.active_version_id)
    return version


def new_frame(source: Source, number: int = 0, *, captured_at: datetime | None = None) -> NewFrame:
    at = captured_at or NOON + timedelta(seconds=number)
    return NewFrame(
        source_id=source.id,
        sha256=f"{number:064x}",
        captured_at=at,
        captured_by="mtime",
        received_at=at,
        name=f"part-{number}.png",
        origin=f"origin-{source.id}-{number}",
        size_bytes=10,
    )


def found(score: float = 2.0, **changes: object) -> NewInspection:
    base = NewInspection(
        score=score,
        threshold=1.0,
        p_value=0.005,
        verdict=Verdict.ANOMALOUS if score > 1.0 else Verdict.NORMAL,
        fault=None,
        regions=(Region(120, 40, 34, 20, 500, score),),
        milliseconds=20.0,
        width=300,
        height=300,
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # the caller's names are checked by replace


def lose_frame(session: Session, name: str, state: FrameState, reason: str | None, *, at: datetime = LOST_AT) -> int:
    """Write a frame of line-1 that ended without being judged."""
    source = make_source(session)
    frame = replace(new_frame(source, 900_000, captured_at=at), name=name, sha256=sha256(name.encode()).hexdigest())
    frame_id = receive_frame(session, frame)
    assert frame_id is not None
    session.execute(update(FrameRow).where(FrameRow.id == frame_id).values(state=state, reason=reason))
    return frame_id


def lease_one(session: Session, owner: str = "worker", *, seconds: float = 60.0) -> Lease:
    [lease] = claim_frames(session, owner=owner, limit=1, lease_seconds=seconds)
    return lease


def make_inspection(
    session: Session,
    source: Source,
    version: DetectorVersion,
    number: int = 0,
    *,
    score: float = 2.0,
    captured_at: datetime | None = None,
    is_told: bool = True,
    pages: bool = True,
    **changes: object,
) -> int:
    assert receive_frame(session, new_frame(source, number, captured_at=captured_at)) is not None
    recorded = record_inspection(
        session,
        lease_one(session),
        version,
        found(score, **changes),
        is_told=is_told,
        pages=pages,
        now=captured_at or NOON,
    )
    assert recorded is not None
    return recorded
