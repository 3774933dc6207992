"""Fit a detector: images -> patches -> bank, calibrated on scores of images that were held out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import faiss
import numpy as np
import torch
from numpy.typing import NDArray

from config.settings import DetectorSettings
from detectors.backbones import STRIDES, Backbone
from detectors.bundle import Manifest, Preprocessing, Statistics, write_bundle
from detectors.calibration import Calibration, calibrate, split_folds
from detectors.decode import NORMALISER, DecodeError, Decoder
from detectors.errors import DetectorError
from detectors.faults import Exposure, TrainingStatistics, measure_exposure, summarise_exposures
from detectors.features import MEMORY_BYTES, TrainingPatches, embed, shrink
from detectors.fitness import Fitness
from detectors.heatmap import render_thumbnail
from detectors.methods.anomaly_map import compute_anomaly_map
from detectors.methods.port import EmbeddedImage, FitChoices, FittedMethod, Method, PatchGrid
from detectors.methods.registry import METHODS
from detectors.presets import Preset, View, choose_preset
from detectors.search import Choice, choose_view, pick_images
from detectors.weights import WeightsFile, ensure_weights
from storage.records import RejectReason

Progress = Callable[[str, int, int], None]

FEWEST_IMAGES = 3
FEWEST_TO_SEARCH = 12
SEARCH_SIDE = 768
MOST_THUMBNAILS = 1000
THUMBNAIL_SIDE = 128
# Methods that are fitted once a fold look at patches alone.
NO_SQUARE = np.empty((0, 0, 3), dtype=np.uint8)
LIBRARIES = ("torch", "timm", "faiss-cpu", "numpy", "pillow")


class FitError(DetectorError):
    """A detector cannot be fitted, said in one sentence."""


@dataclass(frozen=True, slots=True)
class FitReport:
    """What a fit did and what it can promise; seconds by stage: features, bank, calibrate."""

    images: int
    skipped: tuple[tuple[str, RejectReason], ...]
    threshold: float
    promised_rate: float
    wanted_rate: float
    embedding_space: str
    bank_rows: int
    bank_bytes: int
    seconds: dict[str, float]
    method: str
    preset: str
    backbone: str
    image_size: int
    strides: tuple[int, ...]
    fitness: Fitness | None
    choice: str | None
    calibration_sentence: str


@dataclass(frozen=True, slots=True)
class FittedDetector:
    """A detector in memory, ready to be saved as a bundle."""

    report: FitReport
    calibration: Calibration
    statistics: TrainingStatistics
    _method: FittedMethod
    _manifest: Manifest
    _thumbnails: dict[str, bytes]

    def save(self, folder: Path) -> str:
        """Write the bundle, whole or not at all, and return its manifest's sha256; raise BundleError."""
        arrays: dict[str, NDArray[np.generic]] = {
            **self._method.arrays(),
            "calibration_scores": np.asarray(self.calibration.scores, dtype=np.float64),
            "calibration_map_peaks": np.asarray(self.calibration.map_peaks, dtype=np.float64),
        }
        return write_bundle(folder, self._manifest, arrays, self._thumbnails)


def fit_detector(
    images: Sequence[Path],
    *,
    decoder: Decoder,
    settings: DetectorSettings,
    bit_depth: int | None,
    weights_dir: Path,
    progress: Progress,
) -> FittedDetector:
    """Learn from good images; unreadable ones are skipped and listed; raise FitError, WeightsError."""
    if not images:
        raise FitError("There are no images to learn from.")
    if decoder.bit_depth != bit_depth:
        raise FitError(f"The decoder reads {decoder.bit_depth} bits and the fit wants {bit_depth}.")
    return _Fit(decoder, settings, weights_dir, progress).run(images)


@dataclass
class _Learned:
    """What one pass over the training images leaves."""

    patches: TrainingPatches
    used: list[Path] = field(default_factory=list)
    skipped: list[tuple[str, RejectReason]] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    thumbnails: list[bytes] = field(default_factory=list)


class _Fit:
    """One fit: its settings, its network and the seconds it takes."""

    def __init__(self, decoder: Decoder, settings: DetectorSettings, weights_dir: Path, progress: Progress) -> None:
        torch.set_num_threads(settings.threads)
        faiss.omp_set_num_threads(settings.threads)
        self._decoder = decoder
        self._settings = settings
        self._progress = progress
        self._preset: Preset = choose_preset(settings)
        self._weights: WeightsFile = ensure_weights(self._preset.backbone, weights_dir)
        self._choice: Choice | None = None
        self._look_by(self._preset.views[0])
        self._seconds: dict[str, float] = {}

    def run(self, images: Sequence[Path]) -> FittedDetector:
        if len(self._preset.views) > 1:
            with self._timed("search"):
                self._search(images)
        with self._timed("features"):
            learned = self._read(images)
        choices = self._choices(self._view)
        self._progress("bank", 0, 1)
        with self._timed("bank"):
            method = self._method.fit(learned.patches.rows, choices)
        self._progress("bank", 1, 1)
        with self._timed("calibrate"):
            calibration = self._calibrate(learned, choices)
        return self._fitted(learned, method, calibration)

    def _look_by(self, view: View) -> None:
        self._view = view
        self._backbone = self._backbone_of(view)
        self._method: Method = METHODS[view.method]

    def _backbone_of(self, view: View) -> Backbone:
        return Backbone(self._preset.backbone, self._weights, view.image_size, view.strides)

    def _choices(self, view: View) -> FitChoices:
        preset = self._preset
        return FitChoices(preset.bank_share, preset.bank_floor, preset.bank_cap, self._settings.seed, view.highest)

    def _search(self, images: Sequence[Path]) -> None:
        """Let the views show what they can do on some of the images; too few images leave the first view."""
        pixels = self._look_through(images)
        if len(pixels) < FEWEST_TO_SEARCH:
            return
        self._choice = choose_view(
            pixels,
            self._preset.views,
            lambda view: partial(embed, self._backbone_of(view)),
            self._choices(self._preset.views[0]),
            seconds=self._settings.search_seconds,
            progress=lambda done, total: self._progress("search", done, total),
        )
        self._look_by(self._choice.view)

    def _look_through(self, images: Sequence[Path]) -> list[NDArray[np.uint8]]:
        """Return some of the images, small enough to be held in memory together."""
        found = []
        for index in pick_images(len(images), self._settings.seed):
            try:
                found.append(shrink(self._decoder.decode(images[index]).pixels, SEARCH_SIDE))
            except DecodeError:
                continue
        return found

    def _read(self, images: Sequence[Path]) -> _Learned:
        images = self._as_many_as_fit(images)
        learned = _Learned(TrainingPatches(len(images), seed=self._settings.seed))
        for done, path in enumerate(images):
            self._progress("features", done, len(images))
            try:
                image = self._decoder.decode(path)
            except DecodeError as error:
                learned.skipped.append((str(path), error.reason))
                continue
            seen = embed(self._backbone, image.pixels)
            learned.patches.add(seen.grid)
            learned.used.append(path)
            learned.exposures.append(measure_exposure(seen.square))
            if len(learned.thumbnails) < MOST_THUMBNAILS:
                learned.thumbnails.append(render_thumbnail(image.pixels, side=THUMBNAIL_SIDE))
        self._progress("features", len(images), len(images))
        if len(learned.used) < FEWEST_IMAGES:
            unread = f" ({len(learned.skipped)} could not be read)" if learned.skipped else ""
            raise FitError(
                f"A detector needs at least {FEWEST_IMAGES} readable good images, got {len(learned.used)}{unread}."
            )
        return learned

    def _as_many_as_fit(self, images: Sequence[Path]) -> Sequence[Path]:
        """Return all images, or evenly spaced ones where the method needs every patch of each and memory is short."""
        if not self._method.needs_whole_images:
            return images
        blank = np.zeros((self._view.image_size, self._view.image_size, 3), dtype=np.uint8)
        most = MEMORY_BYTES // embed(self._backbone, blank).grid.rows.nbytes
        if len(images) <= most:
            return images
        return [images[index * len(images) // most] for index in range(most)]

    def _calibrate(self, learned: _Learned, choices: FitChoices) -> Calibration:
        count = len(learned.used)
        folds = split_folds(count, self._settings.seed)
        scores, peaks = [], []
        self._progress("calibrate", 0, count)
        for fold, method in zip(folds, self._method.cross_fit(learned.patches.rows, folds, choices), strict=True):
            for index in fold:
                grid = learned.patches.grid(index, partial(self._again, learned.used[index]))
                found = method.score(EmbeddedImage(NO_SQUARE, grid))
                scores.append(found.score)
                peaks.append(float(compute_anomaly_map(found.patches, self._view.image_size).max()))
                self._progress("calibrate", len(scores), count)
        return calibrate(scores, peaks, wanted_rate=self._settings.promised_rate)

    def _again(self, path: Path) -> PatchGrid:
        return embed(self._backbone, self._decoder.decode(path).pixels).grid

    def _fitted(self, learned: _Learned, method: FittedMethod, calibration: Calibration) -> FittedDetector:
        statistics = summarise_exposures(learned.exposures)
        arrays = method.arrays()
        strides = "" if self._view.strides == STRIDES else "s" + "s".join(map(str, self._view.strides)) + "-"
        width = learned.patches.rows[0].shape[1]
        space = f"{self._preset.backbone}-{self._weights.sha256[:8]}-{self._view.image_size}-{strides}{width}"
        thumbnails = {f"thumbnails/{index:04d}.png": png for index, png in enumerate(learned.thumbnails)}
        report = FitReport(
            images=len(learned.used),
            skipped=tuple(learned.skipped),
            threshold=calibration.threshold,
            promised_rate=calibration.promised_rate,
            wanted_rate=calibration.wanted_rate,
            embedding_space=space,
            bank_rows=len(arrays["bank"]) if "bank" in arrays else 0,
            bank_bytes=arrays["bank"].nbytes if "bank" in arrays else sum(array.nbytes for array in arrays.values()),
            seconds=dict(self._seconds),
            method=self._view.method,
            preset=self._preset.name,
            backbone=self._preset.backbone,
            image_size=self._view.image_size,
            strides=self._view.strides,
            fitness=self._choice.fitness if self._choice else None,
            choice=self._choice.reason if self._choice else None,
            calibration_sentence=calibration.sentence,
        )
        manifest = self._manifest(
            report, calibration, statistics, tuple(path.name for path in learned.used), thumbnails
        )
        return FittedDetector(report, calibration, statistics, method, manifest, thumbnails)

    def _manifest(
        self,
        report: FitReport,
        calibration: Calibration,
        statistics: TrainingStatistics,
        names: tuple[str, ...],
        thumbnails: dict[str, bytes],
    ) -> Manifest:
        return Manifest(
            schema=1,
            files={},
            method=report.method,
            preset=report.preset,
            backbone=report.backbone,
            weights_sha256=self._weights.sha256,
            preprocessing=Preprocessing(
                image_size=report.image_size,
                strides=report.strides,
                resize="bilinear-antialias-square",
                normaliser=NORMALISER,
                bit_depth=self._decoder.bit_depth,
            ),
            precision="float32",
            embedding_space=report.embedding_space,
            seed=self._settings.seed,
            threshold=calibration.threshold,
            map_threshold=calibration.map_threshold,
            wanted_rate=calibration.wanted_rate,
            promised_rate=calibration.promised_rate,
            statistics=Statistics(**asdict(statistics)),
            images=names,
            thumbnails=tuple(thumbnails),
            versions={library: version(library) for library in LIBRARIES},
        )

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = perf_counter()
        yield
        self._seconds[stage] = perf_counter() - started
