"""What a fit ends in: a report for people, a manifest for the bundle, and the arrays to be saved with it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from config.sources import DetectorSettings
from detectors.bundle import THUMBNAIL, BackgroundLearned, Manifest, Preprocessing, Statistics, sha256_of, write_bundle
from detectors.calibration import Calibration
from detectors.camera.knowledge import CAMERA_VIEW, CameraKnowledge, describe_camera
from detectors.decode import NORMALISER
from detectors.faults import TrainingStatistics, summarise_exposures
from detectors.fitness import Fitness
from detectors.methods.port import Explains, FittedMethod
from detectors.methods.supervised.head_weight import FEWEST_DEFECTS
from detectors.outliers import find_oddest
from detectors.presets import small_things
from detectors.pricing import DefectOutlook
from detectors.training_images import TrainingImages
from detectors.viewing import Viewing
from storage.records import RejectReason
from storage.text import storable

LIBRARIES = ("torch", "openvino", "timm", "faiss-cpu", "numpy", "pillow")


@dataclass(frozen=True, slots=True)
class FitReport:
    """What a fit did and what it can promise; seconds by stage: features, bank, calibrate.

    promised_interval: between which false-alarm rates this very threshold lies, 95 % of the time, by calibration_images
    held-out normals. outlook: what labelled defects say of the threshold.
    oddest: good images whose held-out scores stand out, oddest first, and the threshold that the others would set;
    left_out: unlabelled ones too odd to learn from. camera: which faults of the camera can be told.
    """

    images: int
    skipped: tuple[tuple[str, RejectReason], ...]
    threshold: float
    promised_rate: float
    wanted_rate: float
    calibration_images: int
    promised_interval: tuple[float, float]
    outlook: DefectOutlook | None
    embedding_space: str
    bank_rows: int
    bank_bytes: int
    seconds: dict[str, float]
    method: str
    preset: str
    backbone: str
    image_size: int
    strides: tuple[int, ...]
    layers: tuple[int, ...]
    tiles: int
    fitness: Fitness | None
    choice: str | None
    defects: int
    labels: str | None
    calibration_sentence: str
    interval_sentence: str
    oddest: tuple[str, ...]
    threshold_without_oddest: float
    camera: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fit:
    """What was learned: the method, its calibration, the outlook, how many labelled defects, seconds by stage.

    labels: why the labels are not used, where that was found out.
    """

    method: FittedMethod
    calibration: Calibration
    outlook: DefectOutlook | None
    defects: int
    seconds: dict[str, float]
    labels: str | None = None


@dataclass(frozen=True, slots=True)
class FittedDetector:
    """A detector in memory, ready to be saved as a bundle."""

    report: FitReport
    calibration: Calibration
    statistics: TrainingStatistics
    camera: CameraKnowledge
    _method: FittedMethod
    _manifest: Manifest
    _thumbnails: dict[str, bytes]

    def without(self, left_out: Sequence[Path], unread: Sequence[tuple[Path, RejectReason]]) -> "FittedDetector":
        """Return it with what was set aside before the fit in its report."""
        skipped = (*((str(path), reason) for path, reason in unread), *self.report.skipped)
        return replace(self, report=replace(self.report, skipped=skipped, left_out=tuple(map(str, left_out))))

    def save(self, folder: Path) -> str:
        """Write the bundle, whole or not at all, and return its manifest's sha256; raise BundleError."""
        arrays: dict[str, NDArray[np.generic]] = {
            **self._method.arrays(),
            "calibration_scores": np.asarray(self.calibration.scores, dtype=np.float64),
            "calibration_map_peaks": np.asarray(self.calibration.map_peaks, dtype=np.float64),
        }
        if self.camera.reference is not None:
            arrays[CAMERA_VIEW] = self.camera.reference.rows
        return write_bundle(folder, self._manifest, arrays, self._thumbnails)


def describe_fit(
    fit: Fit, read: TrainingImages, viewing: Viewing, settings: DetectorSettings, bit_depth: int | None
) -> FittedDetector:
    """Return the detector with its report and manifest."""
    statistics = summarise_exposures(read.exposures)
    camera = read.camera.learn()
    report = _report(fit, read, viewing, camera)
    thumbnails = {THUMBNAIL.format(index): png for index, png in enumerate(read.thumbnails)}
    manifest = Manifest(
        schema=1,
        files={},
        method=report.method,
        preset=report.preset,
        backbone=report.backbone,
        weights_sha256=viewing.weights.sha256,
        preprocessing=_preprocessing(report, bit_depth),
        precision=viewing.backbone.precision,
        embedding_space=report.embedding_space,
        seed=settings.seed,
        threshold=fit.calibration.threshold,
        map_threshold=fit.calibration.map_threshold,
        wanted_rate=fit.calibration.wanted_rate,
        promised_rate=fit.calibration.promised_rate,
        promised_interval=fit.calibration.promised_interval,
        background=BackgroundLearned(**asdict(fit.calibration.background)),
        statistics=Statistics(**asdict(statistics)),
        camera=describe_camera(camera),
        images=tuple(storable(path.name) for path in read.used),
        hashes=tuple(sha256_of(path) for path in read.used),
        thumbnails=tuple(thumbnails),
        versions={library: version(library) for library in LIBRARIES},
    )
    return FittedDetector(report, fit.calibration, statistics, camera, fit.method, manifest, thumbnails)


def _report(fit: Fit, read: TrainingImages, viewing: Viewing, camera: CameraKnowledge) -> FitReport:
    calibration, choice, view = fit.calibration, viewing.choice, viewing.view
    arrays, oddest = fit.method.arrays(), find_oddest(calibration.images, calibration.scores)
    return FitReport(
        images=len(read.used),
        skipped=tuple(read.skipped),
        threshold=calibration.threshold,
        promised_rate=calibration.promised_rate,
        wanted_rate=calibration.wanted_rate,
        calibration_images=len(calibration.scores),
        promised_interval=calibration.promised_interval,
        outlook=fit.outlook,
        embedding_space=viewing.embedding_space(read.patches.rows[0].shape[1]),
        bank_rows=len(arrays["bank"]) if "bank" in arrays else 0,
        bank_bytes=arrays["bank"].nbytes if "bank" in arrays else sum(array.nbytes for array in arrays.values()),
        seconds=dict(fit.seconds),
        method=view.method,
        preset=viewing.preset.name,
        backbone=viewing.preset.backbone,
        image_size=view.image_size,
        strides=view.strides,
        layers=viewing.backbone.layers,
        tiles=view.tiles,
        fitness=choice.fitness if choice else None,
        choice=choice.reason + small_things(view, read.longest_side) if choice else None,
        defects=fit.defects,
        labels=_labels(fit, view.method),
        calibration_sentence=calibration.sentence,
        interval_sentence=calibration.interval_sentence,
        oddest=tuple(str(read.used[place]) for place in oddest),
        threshold_without_oddest=calibration.threshold_without(oddest),
        camera=camera.checks.sentence,
    )


def _preprocessing(report: FitReport, bit_depth: int | None) -> Preprocessing:
    return Preprocessing(
        image_size=report.image_size,
        strides=report.strides,
        layers=report.layers,
        tiles=report.tiles,
        resize="bilinear-antialias-square",
        normaliser=NORMALISER,
        bit_depth=bit_depth,
    )


def _labels(fit: Fit, method: str) -> str | None:
    """Say what the labels did, where there are any or the method can tell."""
    if fit.labels is not None:
        return fit.labels
    if isinstance(fit.method, Explains):
        return fit.method.sentence
    few = f" A labelled defect is used from {FEWEST_DEFECTS} of them on." if 0 < fit.defects < FEWEST_DEFECTS else ""
    return f"{method} learns from good images alone.{few}" if fit.defects else None
