"""Another threshold becomes a version of its own: files shared by hash, a row, and nothing judged by it yet."""

import shutil
from datetime import datetime
from pathlib import Path

from detectors.fit_lock import alone
from detectors.rethresholding import move_threshold
from storage.opening import Stores
from storage.records import DetectorVersion
from storage.repositories.sources import source_by_id
from storage.repositories.versions import NewVersion, next_number, register_version, versions_sharing


def register_threshold(
    version: DetectorVersion, threshold: float, stores: Stores, *, data_dir: Path, now: datetime
) -> DetectorVersion:
    """Register a version that shares another's files and differs in its threshold alone; it judges nothing yet.

    One that is there already is returned. Raise BundleError, and ThresholdError for what is no threshold.
    """
    with alone(data_dir):
        with stores.database.transaction() as session:
            source = source_by_id(session, version.source_id)
            for standing in versions_sharing(session, version):
                if standing.threshold == threshold:
                    return standing
            number = next_number(session, source)
        folder = Path("bundles") / f"{source.name}@{number}"
        shutil.rmtree(data_dir / folder, ignore_errors=True)  # left by one stopped before its row was written
        moved = move_threshold(data_dir / (version.bundle or ""), data_dir / folder, threshold)
        new = NewVersion(
            bundle=str(folder),
            manifest_sha256=moved.manifest_sha256,
            method=version.method,
            preset=version.preset,
            embedding_space=version.embedding_space,
            threshold=threshold,
            promised_rate=moved.promised_rate,
            training_images=version.training_images,
            details=version.details | moved.details | {"scores_as": version.scores_as, "moved_from": version.name},
        )
        with stores.database.transaction() as session:
            return register_version(session, source, number, new, now=now)
