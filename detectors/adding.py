"""Take more good images into a fitted detector, without those that it has learnt from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.sources import DetectorSettings
from detectors.bundle import THUMBNAIL, Statistics, known_hashes, read_thumbnail, sha256_of
from detectors.calibration import Calibration, calibrate
from detectors.camera.knowledge import CameraKnowledge, describe_camera
from detectors.camera.learning import widen
from detectors.camera.signs import CameraSigns, luma_of, measure_signs
from detectors.decode import DecodeError, Decoder
from detectors.errors import DetectorError
from detectors.faults import Exposure, TrainingStatistics, measure_exposure, summarise_exposures
from detectors.fitness import Fitness, FitnessWord
from detectors.fitted_detector import FitReport, FittedDetector
from detectors.heatmap import render_thumbnail
from detectors.methods.anomaly_map import compute_anomaly_map
from detectors.methods.port import FitChoices, FittedMethod, Floats, Grows, MethodError
from detectors.outliers import find_oddest
from detectors.presets import choose_preset
from detectors.scoring import Detector, load_detector
from detectors.training_images import MOST_THUMBNAILS, THUMBNAIL_SIDE
from detectors.training_patches import MEMORY_BYTES
from storage.records import RejectReason
from storage.text import storable

Progress = Callable[[str, int, int], None]
# The place of an image that the detector had learnt from before: its held-out score is kept, and its path is not.
EARLIER = -1
NO_BANK = np.empty((0, 0), dtype=np.float32)


class AddError(DetectorError):
    """Images cannot be taken into a detector, said in one sentence."""


@dataclass
class AddedImages:
    """What one pass over the new images leaves; scores and map peaks are those of the detector as it was."""

    used: list[Path] = field(default_factory=list)
    skipped: list[tuple[str, RejectReason]] = field(default_factory=list)
    rows: list[Floats] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    signs: list[CameraSigns] = field(default_factory=list)
    thumbnails: list[bytes] = field(default_factory=list)


def add_images(
    bundle: Path,
    images: Sequence[Path],
    *,
    details: Mapping[str, Any],
    decoder: Decoder,
    settings: DetectorSettings,
    weights_dir: Path,
    progress: Progress,
    keeps_threshold: bool = False,
) -> FittedDetector:
    """Return the bundle's detector with more good images, calibrated on theirs and its earlier held-out scores.

    details: those of its version, for what a bundle does not say. keeps_threshold: the images were chosen by their
    scores, as false alarms are, so they say nothing of good ones; the earlier promise holds all the same, for what is
    learnt makes good images less odd. Raise AddError, BundleError, WeightsError.
    """
    started = perf_counter()
    detector = load_detector(bundle, weights_dir=weights_dir, threads=settings.threads, runtime=settings.runtime)
    detector.require_bit_depth(decoder.bit_depth)
    method = detector.learnt
    if not isinstance(method, Grows):
        raise AddError(f"{detector.method} learns from all photos at once: run `oddspot fit` with the old and the new.")
    added = _read(detector, images, decoder, progress)
    if not added.used:
        raise AddError(f"None of the {len(images)} photos can be read.")
    seen = perf_counter()
    grown = _grown(method, added.rows, _choices(detector, settings), known=len(detector.manifest.images))
    seconds = {"features": seen - started, "bank": perf_counter() - seen}
    before = detector.calibration
    kept = replace(before, images=(EARLIER,) * len(before.scores))
    calibration = kept if keeps_threshold else _calibrated(before, added)
    return _described(bundle, detector, grown, added, calibration, details=details, seconds=seconds)


def _read(detector: Detector, images: Sequence[Path], decoder: Decoder, progress: Progress) -> AddedImages:
    """Look at each image by the detector that has not learnt from it."""
    added = AddedImages()
    for done, path in enumerate(images):
        progress("features", done, len(images))
        try:
            _take_in(detector, path, decoder.decode(path).pixels, added)
        except DecodeError as error:
            added.skipped.append((str(path), error.reason))
        if sum(rows.nbytes for rows in added.rows) > MEMORY_BYTES:
            raise AddError(f"These are too many photos to be added at once: {len(added.rows)} fit in memory.")
    progress("features", len(images), len(images))
    return added


def _take_in(detector: Detector, path: Path, pixels: NDArray[np.uint8], added: AddedImages) -> None:
    seen, found = detector.look(pixels)
    added.used.append(path)
    added.rows.append(seen.grid.rows)
    added.scores.append(found.score)
    added.peaks.append(float(compute_anomaly_map(found.patches, len(seen.square)).max()))
    added.exposures.append(measure_exposure(seen.square))
    added.signs.append(measure_signs(luma_of(seen.square), detector.camera.reference))
    added.thumbnails.append(render_thumbnail(pixels, side=THUMBNAIL_SIDE))


def _choices(detector: Detector, settings: DetectorSettings) -> FitChoices:
    preset = choose_preset(settings.model_copy(update={"preset": detector.preset}))
    return FitChoices(preset.bank_share, preset.bank_floor, preset.bank_cap, detector.manifest.seed)


def _grown(method: Grows, rows: Sequence[Floats], choices: FitChoices, *, known: int) -> FittedMethod:
    try:
        return method.grown(rows, choices, known=known)
    except MethodError as error:
        raise AddError(str(error)) from error


def _described(
    bundle: Path,
    detector: Detector,
    grown: FittedMethod,
    added: AddedImages,
    calibration: Calibration,
    *,
    details: Mapping[str, Any],
    seconds: dict[str, float],
) -> FittedDetector:
    """Return the grown detector with its report, and a manifest that names all its images."""
    before = detector.manifest
    statistics = _widened(detector.statistics, summarise_exposures(added.exposures))
    camera = CameraKnowledge(widen(detector.camera.checks, added.signs), detector.camera.reference)
    thumbnails = {name: read_thumbnail(bundle, number) or b"" for number, name in enumerate(before.thumbnails)}
    if len(thumbnails) == len(before.images):
        room = range(len(thumbnails), MOST_THUMBNAILS)
        thumbnails |= {THUMBNAIL.format(number): png for number, png in zip(room, added.thumbnails, strict=False)}
    manifest = before.model_copy(
        update={
            "threshold": calibration.threshold,
            "map_threshold": calibration.map_threshold,
            "promised_rate": calibration.promised_rate,
            "promised_interval": calibration.promised_interval,
            "statistics": Statistics(**asdict(statistics)),
            "camera": describe_camera(camera) if before.camera else None,
            "images": (*before.images, *(storable(path.name) for path in added.used)),
            "hashes": (*known_hashes(before), *(sha256_of(path) for path in added.used)),
            "thumbnails": tuple(thumbnails),
        }
    )
    report = _report(detector, grown, calibration, added, details=details, seconds=seconds)
    return FittedDetector(report, calibration, statistics, camera, grown, manifest, thumbnails)


def _calibrated(before: Calibration, added: AddedImages) -> Calibration:
    """Calibrate anew on the earlier held-out scores and on those of images that the detector had not learnt from."""
    scores, peaks = [*before.scores, *added.scores], [*before.map_peaks, *added.peaks]
    found = calibrate(scores, peaks, wanted_rate=before.wanted_rate)
    places = [EARLIER] * len(before.scores) + list(range(len(added.scores)))
    images = tuple(places[index] for index in np.argsort(scores, kind="stable"))
    return replace(found, images=images, background=before.background)


def _widened(one: TrainingStatistics, other: TrainingStatistics) -> TrainingStatistics:
    return TrainingStatistics(
        brightness_low=min(one.brightness_low, other.brightness_low),
        brightness_high=max(one.brightness_high, other.brightness_high),
        dark_share_high=max(one.dark_share_high, other.dark_share_high),
        bright_share_high=max(one.bright_share_high, other.bright_share_high),
    )


def _report(
    detector: Detector,
    grown: FittedMethod,
    calibration: Calibration,
    added: AddedImages,
    *,
    details: Mapping[str, Any],
    seconds: dict[str, float],
) -> FitReport:
    before, bank, fitness = detector.manifest, grown.arrays().get("bank", NO_BANK), details.get("fitness")
    oddest = [place for place in find_oddest(calibration.images, calibration.scores) if place != EARLIER]
    seen = before.preprocessing
    return FitReport(
        images=len(before.images) + len(added.used),
        skipped=tuple(added.skipped),
        threshold=calibration.threshold,
        promised_rate=calibration.promised_rate,
        wanted_rate=calibration.wanted_rate,
        calibration_images=len(calibration.scores),
        promised_interval=calibration.promised_interval,
        outlook=None,
        embedding_space=before.embedding_space,
        bank_rows=len(bank),
        bank_bytes=bank.nbytes,
        seconds=seconds,
        method=before.method,
        preset=before.preset,
        backbone=before.backbone,
        image_size=seen.image_size,
        strides=seen.strides,
        layers=seen.layers or seen.strides,
        tiles=seen.tiles,
        fitness=Fitness(**{**fitness, "word": FitnessWord(fitness["word"])}) if fitness else None,
        choice=details.get("choice"),
        defects=0,
        labels=None,
        calibration_sentence=calibration.sentence,
        interval_sentence=calibration.interval_sentence,
        oddest=tuple(str(added.used[place]) for place in oddest),
        threshold_without_oddest=calibration.threshold_without(oddest),
        camera=detector.camera.checks.sentence,
    )
