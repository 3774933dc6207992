"""Fit a detector: images -> patches -> bank, calibrated on scores of images that were held out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import faiss
import numpy as np
import torch
from numpy.typing import NDArray

from config.settings import DetectorSettings
from detectors.augmentation import FEW, embed_copies
from detectors.backbones import STRIDES, Backbone
from detectors.bundle import THUMBNAIL, Manifest, Preprocessing, Statistics, write_bundle
from detectors.calibration import Calibration
from detectors.checkpoints import FileCheckpoints, NoCheckpoints, training_key
from detectors.decode import NORMALISER, DecodeError, Decoder
from detectors.defect_files import DefectFile
from detectors.errors import DetectorError
from detectors.expected_cost import Prices
from detectors.faults import Exposure, TrainingStatistics, measure_exposure, summarise_exposures
from detectors.features import MEMORY_BYTES, TrainingPatches, embed, shrink
from detectors.fitness import Fitness
from detectors.heatmap import render_thumbnail
from detectors.learning import (
    Promise,
    calibrate_by_copies,
    calibrate_by_folds,
    images_needed,
    require_enough,
    score_unseen_defects,
    train_and_calibrate,
)
from detectors.masks import read_mask
from detectors.methods.patchcore import PatchCore
from detectors.methods.port import (
    NO_PLACE,
    EmbeddedImage,
    Explains,
    FitChoices,
    FittedMethod,
    Floats,
    LabelledDefect,
    MethodError,
    Origin,
    PatchGrid,
    Remembers,
    TrainedMethod,
    Training,
)
from detectors.methods.registry import METHODS, RESTORABLE, TRAINED
from detectors.methods.supervised.residual import Residual
from detectors.methods.within_class import WithinClass
from detectors.outliers import find_oddest
from detectors.presets import Preset, View, choose_preset, small_things
from detectors.pricing import DefectOutlook, price_threshold
from detectors.search import Choice, choose_view, pick_images
from detectors.weights import WeightsFile, ensure_weights
from storage.records import RejectReason

Progress = Callable[[str, int, int], None]

# With labelled defects, and no method asked for: it uses them as far as they help, and not at all where they do not.
WITH_DEFECTS = Residual.name
FEWEST_TO_SEARCH = 12
# Large enough to tell whether tiles help; as many images as fit in the bytes.
SEARCH_SIDE = 1536
SEARCH_BYTES = 200_000_000
LEAST_TILE = 384
MOST_THUMBNAILS = 1000
THUMBNAIL_SIDE = 128
# Trainings hold every image and its patches at once.
TRAINING_BYTES = 600_000_000
LIBRARIES = ("torch", "timm", "faiss-cpu", "numpy", "pillow")


class FitError(DetectorError):
    """A detector cannot be fitted, said in one sentence."""


@dataclass(frozen=True, slots=True)
class FitReport:
    """What a fit did and what it can promise; seconds by stage: features, bank, calibrate.

    promised_interval: between which false-alarm rates this very threshold lies, 95 % of the time, by calibration_images
    held-out normals. outlook: what labelled defects say of the threshold.
    oddest: good images whose held-out scores stand out, oddest first; left_out: unlabelled ones too odd to learn from.
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
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FittedDetector:
    """A detector in memory, ready to be saved as a bundle."""

    report: FitReport
    calibration: Calibration
    statistics: TrainingStatistics
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
        return write_bundle(folder, self._manifest, arrays, self._thumbnails)


def fit_detector(
    images: Sequence[Path],
    *,
    decoder: Decoder,
    settings: DetectorSettings,
    bit_depth: int | None,
    weights_dir: Path,
    progress: Progress,
    defects: Sequence[DefectFile] = (),
    checkpoints_dir: Path | None = None,
) -> FittedDetector:
    """Learn from good images, and from labelled defects where there are any; unreadable ones are skipped and listed.

    checkpoints_dir: where a training keeps its state, so that it goes on after Ctrl-C; None keeps none.
    Raise FitError, WeightsError, MaskError.
    """
    if not images:
        raise FitError("There are no images to learn from.")
    if decoder.bit_depth != bit_depth:
        raise FitError(f"The decoder reads {decoder.bit_depth} bits and the fit wants {bit_depth}.")
    fit = _Fit(decoder, settings, weights_dir, progress, checkpoints_dir)
    try:
        return fit.run(images, defects)
    except MethodError as error:
        raise FitError(str(error)) from error


@dataclass
class _Learned:
    """What one pass over the training images leaves."""

    patches: TrainingPatches
    used: list[Path] = field(default_factory=list)
    skipped: list[tuple[str, RejectReason]] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    thumbnails: list[bytes] = field(default_factory=list)
    images: list[EmbeddedImage] = field(default_factory=list)
    longest_side: int = 0


class _Fit:
    """One fit: its settings, its network and the seconds it takes."""

    def __init__(
        self,
        decoder: Decoder,
        settings: DetectorSettings,
        weights_dir: Path,
        progress: Progress,
        checkpoints_dir: Path | None,
    ) -> None:
        torch.set_num_threads(settings.threads)
        faiss.omp_set_num_threads(settings.threads)
        self._decoder = decoder
        self._settings = settings
        self._progress = progress
        self._checkpoints_dir = checkpoints_dir
        self._preset: Preset = choose_preset(settings)
        self._weights: WeightsFile = ensure_weights(self._preset.backbone, weights_dir)
        self._choice: Choice | None = None
        self._view: View
        self._base_name = PatchCore.name
        self._look_by(self._preset.views[0])
        self._seconds: dict[str, float] = {}

    def run(self, images: Sequence[Path], defects: Sequence[DefectFile]) -> FittedDetector:
        if len(self._preset.views) > 1:
            with self._timed("search"):
                self._search(images)
        if defects and not self._settings.method:
            # The base is fitted on parts of the images: a few take the method that a few suffice.
            base = self._preset.few if len(images) < FEW else self._view
            self._base_name = base.method
            self._look_by(replace(base, method=WITH_DEFECTS))
        with self._timed("features"):
            learned = self._read_enough(images)
        if self._view.method in TRAINED:
            method, calibration, unseen = self._train(learned, defects)
        else:
            self._view = replace(self._view, method=self._method_for(len(learned.used)))
            method, calibration = self._remember(learned)
            unseen = self._score_unseen(method, defects)
        calibration, outlook = price_threshold(calibration, unseen, self._prices)
        return self._fitted(learned, method, calibration, outlook, len(defects))

    def _remember(self, learned: _Learned) -> tuple[FittedMethod, Calibration]:
        choices, method = self._choices(self._view), METHODS[self._view.method]
        self._progress("bank", 0, 1)
        with self._timed("bank"):
            copies = self._copies(learned) if len(learned.used) < FEW and not method.needs_whole_images else []
            rows = _with_copies(learned.patches.rows, copies)
            fitted = method.fit(rows, choices)
            if isinstance(fitted, Remembers):
                fitted = fitted.with_origins(_origins_with_copies(learned.patches.origins, copies))
        self._progress("bank", 1, 1)
        with self._timed("calibrate"):
            if len(rows) == 1:
                grids = [self._grid(learned, 0), *copies[0]]
                return fitted, calibrate_by_copies(method, grids, choices, self._promise, self._progress)
            grid_of = partial(self._grid, learned)
            return fitted, calibrate_by_folds(method, rows, grid_of, choices, self._promise, self._progress)

    def _copies(self, learned: _Learned) -> list[list[PatchGrid]]:
        """Return the patches of altered copies of each image."""
        images = [shrink(self._decoder.decode(path).pixels, SEARCH_SIDE) for path in learned.used]
        originals = [self._grid(learned, index) for index in range(len(images))]
        return embed_copies(images, originals, lambda pixels: embed(self._backbone, pixels).grid, self._settings.seed)

    def _train(self, learned: _Learned, defects: Sequence[DefectFile]) -> tuple[FittedMethod, Calibration, list[float]]:
        """Return the method, its calibration, and scores of labelled defects that no training saw."""
        method = self._trained_method()
        require_enough(method, len(learned.images), len(defects))
        labelled = [self._read_defect(defect) for defect in defects] if method.uses_defects else []
        kept: list[FileCheckpoints] = []

        def training_of(name: str) -> Training:
            if self._checkpoints_dir is None:
                return self._training(name, NoCheckpoints())
            key = training_key(
                [*learned.used, *(one.path for one in defects)], name=name, **self._settings.model_dump()
            )
            kept.append(FileCheckpoints(self._checkpoints_dir / f"{key}.safetensors"))
            return self._training(name, kept[-1])

        with self._timed("train"):
            fitted, calibration = train_and_calibrate(
                method, learned.images, labelled, training_of, self._promise, self._progress
            )
        if not method.uses_defects:
            unseen = self._score_unseen(fitted, defects)
        elif self._prices is None:
            unseen = []  # as many trainings again, for a figure that changes nothing
        else:
            with self._timed("price"):
                unseen = score_unseen_defects(method, learned.images, labelled, training_of, seed=self._settings.seed)
        for checkpoints in kept:
            checkpoints.forget()
        return fitted, calibration, unseen

    def _score_unseen(self, method: FittedMethod, defects: Sequence[DefectFile]) -> list[float]:
        """Score labelled defects by a method that learned from good images alone; one that cannot be read stops it."""
        return [method.score(embed(self._backbone, self._decode_defect(defect))).score for defect in defects]

    def _trained_method(self) -> TrainedMethod:
        """Return the method to train; labels are added to the very fit there would be without them."""
        if self._view.method == WITH_DEFECTS:
            return Residual(METHODS[self._base_name], self._choices(self._view))
        return TRAINED[self._view.method]

    def _training(self, name: str, checkpoints: FileCheckpoints | NoCheckpoints) -> Training:
        return Training(
            seed=self._settings.seed,
            seconds=self._settings.train_seconds,
            progress=lambda done, total: self._progress(f"train {name}", done, total),
            checkpoints=checkpoints,
        )

    def _decode_defect(self, defect: DefectFile) -> NDArray[np.uint8]:
        try:
            return self._decoder.decode(defect.path).pixels
        except DecodeError as error:
            raise FitError(f"The labelled defect {defect.path.name} cannot be read: {error.reason}.") from error

    def _read_defect(self, defect: DefectFile) -> LabelledDefect:
        pixels = self._decode_defect(defect)
        mask = None
        if defect.mask is not None:
            size, side = (pixels.shape[0], pixels.shape[1]), self._view.image_size
            mask = read_mask(defect.mask, self._decoder, size=size, shape=(side, side))
        return LabelledDefect(embed(self._backbone, pixels), mask, defect.kind)

    @property
    def _promise(self) -> Promise:
        return Promise(self._settings.promised_rate, self._view.image_size, self._settings.seed)

    @property
    def _prices(self) -> Prices | None:
        cost = self._settings.miss_cost
        return None if cost is None else Prices(cost, self._settings.defect_rate)

    def _look_by(self, view: View) -> None:
        self._backbone = self._backbone_of(view)
        # A transformer of patches rounds the side down to whole ones.
        self._view = replace(view, image_size=self._backbone.image_size)

    def _backbone_of(self, view: View) -> Backbone:
        return Backbone(self._preset.backbone, self._weights, view.image_size, view.strides, view.layers, view.tiles)

    def _choices(self, view: View) -> FitChoices:
        preset = self._preset
        return FitChoices(preset.bank_share, preset.bank_floor, preset.bank_cap, self._settings.seed, view.highest)

    def _search(self, images: Sequence[Path]) -> None:
        """Let the views show what they can do on some of the images; too few images leave the first view."""
        pixels = self._look_through(images)
        if len(pixels) < FEWEST_TO_SEARCH:
            return
        longest = int(np.median([max(image.shape) for image in pixels]))
        views = [view for view in self._preset.views if view.tiles == 1 or view.tiles * LEAST_TILE <= longest]
        self._choice = choose_view(
            pixels,
            views,
            lambda view: partial(embed, self._backbone_of(view)),
            self._choices(self._preset.views[0]),
            seconds=self._settings.search_seconds,
            progress=lambda done, total: self._progress("search", done, total),
        )
        self._look_by(self._choice.view)

    def _look_through(self, images: Sequence[Path]) -> list[NDArray[np.uint8]]:
        """Return some of the images, small enough to be held in memory together."""
        found: dict[int, NDArray[np.uint8]] = {}
        picked = pick_images(len(images), self._settings.seed)
        for index in np.random.default_rng(self._settings.seed).permutation(picked).tolist():
            try:
                found[index] = shrink(self._decoder.decode(images[index]).pixels, SEARCH_SIDE)
            except DecodeError:
                continue
            if sum(pixels.nbytes for pixels in found.values()) > SEARCH_BYTES:
                break
        return [found[index] for index in sorted(found)]

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
            if self._view.method in TRAINED:
                learned.images.append(seen)
            learned.used.append(path)
            learned.longest_side = max(learned.longest_side, *image.pixels.shape[:2])
            learned.exposures.append(measure_exposure(seen.square))
            if len(learned.thumbnails) < MOST_THUMBNAILS:
                learned.thumbnails.append(render_thumbnail(image.pixels, side=THUMBNAIL_SIDE))
        self._progress("features", len(images), len(images))
        return learned

    def _read_enough(self, images: Sequence[Path]) -> _Learned:
        """Read the images; where the preset's own method needs more of them, look by its view for few."""
        learned = self._read(images)
        if len(learned.used) < images_needed(RESTORABLE[self._view.method]) and not self._settings.method:
            self._look_by(self._preset.few)
            learned = self._read(images)
        self._require_enough(learned)
        return learned

    def _require_enough(self, learned: _Learned) -> None:
        fewest = images_needed(RESTORABLE[self._view.method])
        if len(learned.used) < fewest:
            unread = f" ({len(learned.skipped)} could not be read)" if learned.skipped else ""
            needed = f"{self._view.method} needs at least {fewest} readable good image{'' if fewest == 1 else 's'}"
            raise FitError(f"{needed}, got {len(learned.used)}{unread}.")

    def _method_for(self, images: int) -> str:
        """Return the view's method; with a few images, and none asked for, PatchCore takes a metric of theirs."""
        asked = self._settings.method or self._view.method != PatchCore.name
        return self._view.method if asked or not WithinClass.fewest_images <= images < FEW else WithinClass.name

    def _as_many_as_fit(self, images: Sequence[Path]) -> Sequence[Path]:
        """Return all images, or evenly spaced ones where the method needs every patch of each and memory is short."""
        name = self._view.method
        if name in METHODS and not METHODS[name].needs_whole_images:
            return images
        # As many patches as an image can have: a square one has most for its longer side.
        side = self._view.image_size * self._view.tiles
        seen = embed(self._backbone, np.zeros((side, side, 3), dtype=np.uint8))
        budget, each = MEMORY_BYTES, seen.grid.rows.nbytes
        if name in TRAINED:
            budget, each = TRAINING_BYTES, each + seen.square.nbytes
        most = budget // each
        if len(images) <= most:
            return images
        return [images[index * len(images) // most] for index in range(most)]

    def _grid(self, learned: _Learned, index: int) -> PatchGrid:
        """Return all patches of one image, embedded again where it was thinned."""
        return learned.patches.grid(index, partial(self._again, learned.used[index]))

    def _again(self, path: Path) -> PatchGrid:
        return embed(self._backbone, self._decoder.decode(path).pixels).grid

    def _fitted(
        self,
        learned: _Learned,
        method: FittedMethod,
        calibration: Calibration,
        outlook: DefectOutlook | None,
        defects: int,
    ) -> FittedDetector:
        statistics = summarise_exposures(learned.exposures)
        arrays = method.arrays()
        layers = "" if self._backbone.layers == STRIDES else "s" + "s".join(map(str, self._backbone.layers)) + "-"
        layers += f"t{self._view.tiles}-" if self._view.tiles > 1 else ""
        width = learned.patches.rows[0].shape[1]
        space = f"{self._preset.backbone}-{self._weights.sha256[:8]}-{self._view.image_size}-{layers}{width}"
        thumbnails = {THUMBNAIL.format(index): png for index, png in enumerate(learned.thumbnails)}
        report = FitReport(
            images=len(learned.used),
            skipped=tuple(learned.skipped),
            threshold=calibration.threshold,
            promised_rate=calibration.promised_rate,
            wanted_rate=calibration.wanted_rate,
            calibration_images=len(calibration.scores),
            promised_interval=calibration.promised_interval,
            outlook=outlook,
            embedding_space=space,
            bank_rows=len(arrays["bank"]) if "bank" in arrays else 0,
            bank_bytes=arrays["bank"].nbytes if "bank" in arrays else sum(array.nbytes for array in arrays.values()),
            seconds=dict(self._seconds),
            method=self._view.method,
            preset=self._preset.name,
            backbone=self._preset.backbone,
            image_size=self._view.image_size,
            strides=self._view.strides,
            layers=self._backbone.layers,
            tiles=self._view.tiles,
            fitness=self._choice.fitness if self._choice else None,
            choice=self._choice.reason + small_things(self._view, learned.longest_side) if self._choice else None,
            defects=defects,
            labels=self._labels(method, defects),
            calibration_sentence=calibration.sentence,
            interval_sentence=calibration.interval_sentence,
            oddest=tuple(str(learned.used[place]) for place in find_oddest(calibration.images, calibration.scores)),
        )
        manifest = self._manifest(
            report, calibration, statistics, tuple(path.name for path in learned.used), thumbnails
        )
        return FittedDetector(report, calibration, statistics, method, manifest, thumbnails)

    def _labels(self, method: FittedMethod, defects: int) -> str | None:
        """Say what the labels did, where there are any or the method can tell."""
        if isinstance(method, Explains):
            return method.sentence
        return f"{self._view.method} learns from good images alone." if defects else None

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
                layers=report.layers,
                tiles=report.tiles,
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
            promised_interval=calibration.promised_interval,
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


def _with_copies(rows: Sequence[Floats], copies: Sequence[Sequence[PatchGrid]]) -> Sequence[Floats]:
    """Return each image's rows and those of its copies as one, so that both lie in the same fold."""
    if not copies:
        return rows
    return [np.concatenate([own, *(copy.rows for copy in its)]) for own, its in zip(rows, copies, strict=True)]


def _origins_with_copies(origins: Sequence[Origin], copies: Sequence[Sequence[PatchGrid]]) -> Sequence[Origin]:
    """Return the origins of rows and their copies: a copy's patch has no place in the image it was made from."""
    if not copies:
        return origins
    counts = [sum(len(copy.rows) for copy in its) for its in copies]
    nowhere = [np.full(count, NO_PLACE, dtype=np.intp) for count in counts]
    return [Origin(own.image, np.append(own.patches, none)) for own, none in zip(origins, nowhere, strict=True)]
