"""A fitted detector becomes a bundle on disk and a version in the database, whole or not at all."""

import shutil
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from detectors.errors import DetectorError
from detectors.fit_lock import alone
from detectors.fitting import FitReport, FittedDetector
from storage.database import Session
from storage.opening import Stores
from storage.records import DetectorVersion, SourceState
from storage.repositories.sources import activate_version, ensure_source, set_source_state, source_by_id
from storage.repositories.switches import note_fit
from storage.repositories.versions import NewVersion, next_number, register_version
from storage.text import storable


class FitRaceError(DetectorError):
    """Another fit of the same source ended first."""

    permanent = False

    def __init__(self, source: str) -> None:
        super().__init__(f"Another fit of {source} ended while this one ran; run it again.")


def register_fit(
    fitted: FittedDetector,
    source_name: str,
    stores: Stores,
    *,
    data_dir: Path,
    images: list[Path],
    goes_live: bool,
    actor: str,
    now: datetime,
) -> DetectorVersion:
    """Save the bundle, pin the training images, register the version and make it active; raise FitRaceError.

    A version judged not fit does not go live, and does not take the place of another one.
    """
    with alone(data_dir):
        with stores.database.transaction() as session:
            source = ensure_source(session, source_name, now=now)
            number = next_number(session, source)
        folder = Path("bundles") / f"{source_name}@{number}"
        shutil.rmtree(
            data_dir / folder, ignore_errors=True
        )  # left by a fit that was stopped before its row was written
        manifest_sha256 = fitted.save(data_dir / folder)
        pins = [stores.blobs.put(image.read_bytes()) for image in images]
        with stores.database.transaction() as session:
            version = register_version(
                session,
                source,
                number,
                _new_version(folder, manifest_sha256, fitted.report),
                pins=pins,
                now=now,
            )
            if source.active_version_id is not None and not version.may_alert:
                return version  # an older detector that may alert is worth more than a new one that may not
            if not activate_version(session, source.id, version.id, expected=source.active_version_id):
                raise FitRaceError(source_name)
            if source.active_version_id is not None:
                note_fit(session, version, was=source.active_version_id, actor=actor, now=now)
            goes_live = goes_live and version.may_alert
            _set_state(source_name, session, source.state, goes_live=goes_live, actor=actor, now=now)
    return version


def register_idle(
    fitted: FittedDetector,
    before: DetectorVersion,
    stores: Stores,
    *,
    data_dir: Path,
    images: list[Path],
    now: datetime,
) -> DetectorVersion:
    """Save and register a detector grown from another version; it judges nothing until a person applies it."""
    with alone(data_dir):
        with stores.database.transaction() as session:
            source = source_by_id(session, before.source_id)
            number = next_number(session, source)
        folder = Path("bundles") / f"{source.name}@{number}"
        shutil.rmtree(data_dir / folder, ignore_errors=True)  # left by one stopped before its row was written
        new = _new_version(folder, fitted.save(data_dir / folder), fitted.report)
        new = replace(new, details=new.details | {"grown_from": before.name})
        pins = [stores.blobs.put(image.read_bytes()) for image in images]
        with stores.database.transaction() as session:
            return register_version(session, source, number, new, pins=pins, now=now)


def _set_state(
    name: str,
    session: Session,
    state: SourceState,
    *,
    goes_live: bool,
    actor: str,
    now: datetime,
) -> None:
    if goes_live:
        set_source_state(session, name, SourceState.LIVE, actor=actor, now=now)
    elif state is SourceState.NOT_JUDGED:
        set_source_state(session, name, SourceState.COMMISSIONING, actor=actor, now=now)


def _new_version(folder: Path, manifest_sha256: str, report: FitReport) -> NewVersion:
    details = asdict(report)
    details["skipped"] = [[storable(name), str(reason)] for name, reason in report.skipped]
    details["oddest"] = [storable(name) for name in report.oddest]
    details["left_out"] = [storable(name) for name in report.left_out]
    return NewVersion(
        bundle=str(folder),
        manifest_sha256=manifest_sha256,
        method=report.method,
        preset=report.preset,
        embedding_space=report.embedding_space,
        threshold=report.threshold,
        promised_rate=report.promised_rate,
        training_images=report.images,
        details=details,
    )
