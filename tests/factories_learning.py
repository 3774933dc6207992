"""What tests of audits, jobs and proposals need: a small bundle, frames called normal with originals, labels."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from config.sources import LimitSettings
from detectors.bundle import Manifest, Preprocessing, Statistics, write_bundle
from detectors.decode import Decoder
from detectors.jobs.runner import JobRunner
from detectors.jobs.workshop import Workshop
from storage.opening import Stores
from storage.records import NewFrame, NewInspection, Verdict
from storage.repositories.frames import claim_frames, receive_frame
from storage.repositories.inspections import record_inspection
from storage.repositories.sources import source_by_name
from storage.repositories.versions import active_version
from tests.factories_agent import Clock, Plant, make_png


def small_bundle(folder: Path, *, threshold: float = 1.0, scores: Sequence[float] = (0.2, 0.4, 0.6, 0.8)) -> None:
    """Write a bundle that holds no more than a threshold and the held-out scores it came from."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(
        schema=1,
        files={},
        method="patchcore",
        preset="fast",
        backbone="none",
        weights_sha256="0" * 64,
        preprocessing=Preprocessing(
            image_size=96, resize="bilinear-antialias-square", normaliser="none", bit_depth=None
        ),
        precision="float32",
        embedding_space="space",
        seed=0,
        threshold=threshold,
        map_threshold=threshold,
        wanted_rate=0.01,
        promised_rate=0.2,
        statistics=Statistics(brightness_low=0, brightness_high=1, dark_share_high=1, bright_share_high=1),
        images=("good-0.png",),
        thumbnails=("thumbnails/0000.png",),
        versions={},
    )
    arrays: dict[str, NDArray[np.generic]] = {
        "bank": np.zeros((3, 2), np.float32),
        "calibration_scores": np.asarray(scores, np.float64),
        "calibration_map_peaks": np.asarray(scores, np.float64),
    }
    write_bundle(folder, manifest, arrays, {"thumbnails/0000.png": make_png()})


def add_normals(plant: Plant, source: str, moments: Sequence[datetime], *, score: float = 0.5) -> list[int]:
    """Record frames called normal whose originals are kept, as a worker does."""
    plant.source(source)
    ids = []
    for at in moments:
        plant.frames += 1
        sha256 = plant.blobs.put(make_png(plant.frames))
        with plant.database.transaction() as session:
            found = source_by_name(session, source)
            receive_frame(session, NewFrame(found.id, sha256, at, "mtime", at, f"part-{plant.frames}.png", 100))
            version = active_version(session, found)
            (lease,) = claim_frames(session, owner="test", limit=1, lease_seconds=60)
            assert version is not None
            new = NewInspection(score, 1.0, 0.5, Verdict.NORMAL, None, (), 12.0, width=32, height=24)
            inspection_id = record_inspection(session, lease, version, new, is_told=False, pages=False, now=at)
        assert inspection_id is not None
        ids.append(inspection_id)
    return ids


def minutes(start: datetime, count: int, *, every: float = 1.0) -> list[datetime]:
    """Return moments so many minutes apart."""
    return [start + timedelta(minutes=every * number) for number in range(count)]


def run_jobs(plant: Plant, clock: Clock | None = None, *, now: datetime | None = None) -> int:
    """Run every job that waits, as the detecting service does, and return how many there were."""
    moment = now or (clock or Clock())()
    with Decoder(LimitSettings()) as decoder:
        stores = Stores(plant.database, plant.blobs)
        runner = JobRunner("test", Workshop(stores, plant.settings, lambda _: decoder, lambda: moment))
        ran = 0
        while runner.run_one():
            ran += 1
    return ran


def keep_in(plant: Plant, folder: Path) -> None:
    """Let a plant's bundles lie where its blobs are, its first detector's among them."""
    plant.reconfigure(storage={"data_dir": str(folder)})
    small_bundle(folder / "bundle")
