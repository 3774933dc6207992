"""Detector versions: registered once, never changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from storage.errors import StorageError
from storage.models import DetectorVersionRow, PinRow
from storage.records import DetectorVersion, Source
from storage.repositories.audit import write_audit


class NotFitError(StorageError):
    """A source's detector was judged not fit to alert anybody."""

    def __init__(self, source: str, version: DetectorVersion) -> None:
        super().__init__(
            f"{version.name} was judged not fit, so it alerts nobody;"
            f" `oddspot source live {source} --override` lets it alert all the same."
        )


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A fitted detector about to be registered."""

    bundle: str | None
    manifest_sha256: str | None
    method: str
    preset: str
    embedding_space: str
    threshold: float
    promised_rate: float
    training_images: int
    details: dict[str, Any] = field(default_factory=dict)


def next_number(session: Session, source: Source) -> int:
    """Return the number the next version of a source gets."""
    newest = session.scalar(
        select(func.max(DetectorVersionRow.number)).where(DetectorVersionRow.source_id == source.id),
    )
    return (newest or 0) + 1


def register_version(
    session: Session,
    source: Source,
    number: int,
    version: NewVersion,
    *,
    pins: Iterable[str] = (),
    now: datetime,
) -> DetectorVersion:
    """Add a version and pin the blobs it was made from; a number already taken raises the database's error."""
    row = DetectorVersionRow(
        source_id=source.id,
        number=number,
        name=f"{source.name}@{number}",
        created_at=now,
        bundle=version.bundle,
        manifest_sha256=version.manifest_sha256,
        method=version.method,
        preset=version.preset,
        embedding_space=version.embedding_space,
        threshold=version.threshold,
        promised_rate=version.promised_rate,
        training_images=version.training_images,
        details=version.details,
    )
    session.add(row)
    session.flush()
    pinned = [{"detector_version_id": row.id, "sha256": sha256} for sha256 in sorted(set(pins))]
    if pinned:
        session.execute(insert(PinRow), pinned)
    return as_version(row)


def version_by_id(session: Session, version_id: int) -> DetectorVersion:
    """Return one version."""
    return as_version(session.get_one(DetectorVersionRow, version_id))


def active_version(session: Session, source: Source) -> DetectorVersion | None:
    """Return the version a source is judged by, None before its first fit."""
    return None if source.active_version_id is None else version_by_id(session, source.active_version_id)


def require_fitness(session: Session, source: Source) -> None:
    """Raise NotFitError where a source's detector was judged not fit and nobody has overridden that."""
    version = active_version(session, source)
    if version is not None and not version.may_alert:
        raise NotFitError(source.name, version)


def override_fitness(session: Session, version: DetectorVersion, *, actor: str, now: datetime) -> None:
    """Let a version that was judged not fit alert all the same, with an audit row."""
    row = session.get_one(DetectorVersionRow, version.id)
    row.details = {**row.details, "fitness_overridden_by": actor}
    write_audit(session, actor=actor, action="fitness_overridden", subject=version.name, detail={}, now=now)


def list_versions(session: Session, source: Source | None = None) -> list[DetectorVersion]:
    """Return the versions of one source or of all, oldest first."""
    query = select(DetectorVersionRow).order_by(DetectorVersionRow.source_id, DetectorVersionRow.number)
    if source is not None:
        query = query.where(DetectorVersionRow.source_id == source.id)
    return [as_version(row) for row in session.scalars(query)]


def versions_sharing(session: Session, version: DetectorVersion) -> list[DetectorVersion]:
    """Return the versions of a source that share a version's files, itself among them: only thresholds differ."""
    query = select(DetectorVersionRow).where(DetectorVersionRow.source_id == version.source_id)
    versions = [as_version(row) for row in session.scalars(query.order_by(DetectorVersionRow.number))]
    return [one for one in versions if one.scores_as == version.scores_as]


def as_version(row: DetectorVersionRow) -> DetectorVersion:
    """Turn a row into the record."""
    return DetectorVersion(
        id=row.id,
        source_id=row.source_id,
        name=row.name,
        number=row.number,
        created_at=row.created_at,
        bundle=row.bundle,
        manifest_sha256=row.manifest_sha256,
        method=row.method,
        preset=row.preset,
        embedding_space=row.embedding_space,
        threshold=row.threshold,
        promised_rate=row.promised_rate,
        training_images=row.training_images,
        details=row.details,
    )
