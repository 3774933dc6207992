"""Fit a detector on what a moved camera sees now: the frames of its outage, less those that stand out of them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from config.settings import Settings
from detectors.decode import Decoder
from detectors.errors import DetectorError
from detectors.fitting import fit_detector
from detectors.registering import register_idle
from detectors.triage import triage_photos
from storage.opening import Stores
from storage.records import DetectorVersion, ViewProposal
from storage.repositories.outages import open_outage_of
from storage.repositories.sources import source_by_id
from storage.repositories.views import FRAMES_WANTED, frames_of_view, is_moved

MOST_FRAMES = 200
Progress = Callable[[str, int, int], None]


class NoNewViewError(DetectorError):
    """There is nothing to learn a new view from, or not yet."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"No new view of {source} can be learnt: {reason}.")


def fit_view(
    version: DetectorVersion, stores: Stores, settings: Settings, *, now: datetime, progress: Progress
) -> ViewProposal:
    """Register a version that knows the new view; raise NoNewViewError, and what a fit raises."""
    with stores.database.reading() as session:
        source = source_by_id(session, version.source_id)
        outage = open_outage_of(session, source.id)
        if outage is None or not is_moved(outage):
            raise NoNewViewError(source.name, "its camera is not said to have moved just now")
        frames = frames_of_view(session, outage, limit=MOST_FRAMES)
    if len(frames) < FRAMES_WANTED:
        raise NoNewViewError(source.name, f"{len(frames)} frames have come since, and {FRAMES_WANTED} are needed")
    images = [stores.blobs.path(sha256) for sha256 in frames]
    learnt, left_out = _fit(source.name, images, version, stores, settings, now=now, progress=progress)
    return ViewProposal(
        source_id=source.id,
        source=source.name,
        outage_id=outage.id,
        version_id=learnt.id,
        version=learnt.name,
        was_id=version.id,
        was=version.name,
        frames=len(images),
        left_out=left_out,
        threshold=learnt.threshold,
        promised_rate=learnt.promised_rate,
    )


def _fit(
    source: str,
    images: list[Path],
    version: DetectorVersion,
    stores: Stores,
    settings: Settings,
    *,
    now: datetime,
    progress: Progress,
) -> tuple[DetectorVersion, int]:
    """Fit on the frames that do not stand out, and return the version and how many were left out."""
    chosen, bit_depth, data_dir = settings.detector_of(source), settings.bit_depth_of(source), settings.storage.data_dir
    weights_dir = data_dir / "weights"
    with Decoder(settings.limits_of(source), bit_depth=bit_depth) as decoder:
        ranked = triage_photos(images, decoder=decoder, settings=chosen, weights_dir=weights_dir, progress=progress)
        odd = {photo.path for photo in ranked.oddest(None)}
        kept = [photo.path for photo in ranked.photos if photo.path not in odd]
        fitted = fit_detector(
            kept,
            decoder=decoder,
            settings=chosen,
            bit_depth=bit_depth,
            weights_dir=weights_dir,
            progress=progress,
            checkpoints_dir=data_dir / "checkpoints",
        )
    skipped = {name for name, _ in fitted.report.skipped}
    learnt = [image for image in kept if str(image) not in skipped]
    return register_idle(fitted, version, stores, data_dir=data_dir, images=learnt, now=now), len(images) - len(learnt)
