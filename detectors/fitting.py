"""Fit a detector: images -> patches -> bank, calibrated on scores of images that were held out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from config.sources import DetectorSettings
from detectors.augmentation import FEW
from detectors.calibration import Calibration
from detectors.decode import DecodeError, Decoder
from detectors.defect_files import DefectFile
from detectors.errors import DetectorError
from detectors.expected_cost import Prices
from detectors.fitted_detector import Fit, FitReport, FittedDetector, describe_fit
from detectors.labels_worth import labels_cost_defects
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
    FittedMethod,
    LabelledDefect,
    MethodError,
    MethodScore,
    Remembers,
    TrainedMethod,
)
from detectors.methods.registry import METHODS, RESTORABLE, TRAINED
from detectors.methods.supervised.head_weight import FEWEST_DEFECTS
from detectors.methods.supervised.residual import FittedResidual, Residual
from detectors.methods.within_class import WithinClass
from detectors.pricing import price_threshold
from detectors.runtime import use_threads
from detectors.training_images import Reading, TrainingImages, origins_with_copies, with_copies
from detectors.trainings import Trainings
from detectors.viewing import Viewing

__all__ = ["FitError", "FitReport", "FittedDetector", "Progress", "fit_detector"]

Progress = Callable[[str, int, int], None]

# With labelled defects, and no method asked for: it uses them as far as they help, and not at all where they do not.
WITH_DEFECTS = Residual.name


class FitError(DetectorError):
    """A detector cannot be fitted, said in one sentence."""


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
    use_threads(settings.threads)
    progress("network", 0, 1)  # seconds, where it is compiled for the first time
    viewing = Viewing(settings, weights_dir)
    progress("network", 1, 1)
    fitting = _Fitting(decoder, settings, viewing, progress, checkpoints_dir)
    try:
        return fitting.run(images, defects)
    except MethodError as error:
        raise FitError(str(error)) from error


class _Fitting:
    """One fit: its settings, the view it looks by and the seconds it takes."""

    def __init__(
        self,
        decoder: Decoder,
        settings: DetectorSettings,
        viewing: Viewing,
        progress: Progress,
        checkpoints_dir: Path | None,
    ) -> None:
        self._decoder = decoder
        self._settings = settings
        self._viewing = viewing
        self._reading = Reading(decoder, viewing, settings.seed)
        self._progress = progress
        self._checkpoints_dir = checkpoints_dir
        self._base_name = PatchCore.name
        self._seconds: dict[str, float] = {}

    def run(self, images: Sequence[Path], defects: Sequence[DefectFile]) -> FittedDetector:
        self._choose_view(images)
        # Fewer cannot show that they help: then it is the very fit there would be without them.
        if len(defects) >= FEWEST_DEFECTS and not self._settings.method:
            self._base_name = self._viewing.view.method
            self._viewing.judge_by(WITH_DEFECTS)
        with self._timed("features"):
            read = self._read_enough(images)
        labels = None
        if self._viewing.view.method in TRAINED:
            method, calibration, unseen = self._train(read, defects)
            scores = [calibration.background.off(found).score for found in unseen]
            if isinstance(method, FittedResidual) and self._prices is None and not self._settings.method:
                method, calibration, scores, labels = self._unless_labels_cost(method, calibration, read, defects)
        else:
            method, calibration = self._remember(read)
            scores = [calibration.background.off(found).score for found in self._score_unseen(method, defects)]
        calibration, outlook = price_threshold(calibration, scores, self._prices)
        fit = Fit(method, calibration, outlook, len(defects), self._seconds, labels)
        return describe_fit(fit, read, self._viewing, self._settings, self._decoder.bit_depth)

    def _choose_view(self, images: Sequence[Path]) -> None:
        views = self._viewing.views_for(len(images))
        self._viewing.look_by(views[0])
        if len(views) > 1:
            with self._timed("search"):
                self._viewing.search(views, self._reading.look_through(images), partial(self._progress, "search"))

    def _read_enough(self, images: Sequence[Path]) -> TrainingImages:
        """Read the images; where the preset's own method needs more of them, look by its view for few."""
        read = self._read(images)
        if len(read.used) < self._images_needed and not self._settings.method:
            self._viewing.look_by(self._viewing.preset.few[0])
            read = self._read(images)
        self._require_enough(read)
        return read

    def _read(self, images: Sequence[Path]) -> TrainingImages:
        read = self._reading.read(images, partial(self._progress, "features"))
        self._viewing.judge_by(self._method_for(len(read.used)))
        return read

    @property
    def _images_needed(self) -> int:
        return images_needed(RESTORABLE[self._viewing.view.method])

    def _require_enough(self, read: TrainingImages) -> None:
        fewest, name = self._images_needed, self._viewing.view.method
        if len(read.used) < fewest:
            unread = f" ({len(read.skipped)} could not be read)" if read.skipped else ""
            needed = f"{name} needs at least {fewest} readable good image{'' if fewest == 1 else 's'}"
            raise FitError(f"{needed}, got {len(read.used)}{unread}.")

    def _method_for(self, images: int) -> str:
        """Return the view's method; where none was asked for, PatchCore takes a metric of theirs from a few images."""
        name = self._viewing.view.method
        if self._settings.method or name not in {PatchCore.name, WithinClass.name}:
            return name
        return WithinClass.name if WithinClass.fewest_images <= images < FEW else PatchCore.name

    def _remember(self, read: TrainingImages) -> tuple[FittedMethod, Calibration]:
        choices, method = self._viewing.choices, METHODS[self._viewing.view.method]
        self._progress("bank", 0, 1)
        with self._timed("bank"):
            copies = self._reading.copies(read) if len(read.used) < FEW and not method.needs_whole_images else []
            rows = with_copies(read.patches.rows, copies)
            fitted = method.fit(rows, choices)
            if isinstance(fitted, Remembers):
                fitted = fitted.with_origins(origins_with_copies(read.patches.origins, copies))
        self._progress("bank", 1, 1)
        with self._timed("calibrate"):
            grid_of = partial(self._reading.grid, read)
            if len(rows) == 1:
                grids = [grid_of(0), *copies[0]]
                return fitted, calibrate_by_copies(method, grids, choices, self._promise, self._progress)
            return fitted, calibrate_by_folds(method, rows, grid_of, choices, self._promise, self._progress)

    def _train(
        self, read: TrainingImages, defects: Sequence[DefectFile]
    ) -> tuple[FittedMethod, Calibration, list[MethodScore]]:
        """Return the method, its calibration, and raw scores of labelled defects that no training saw."""
        method = self._trained_method()
        require_enough(method, len(read.images), len(defects))
        labelled = [self._read_defect(defect) for defect in defects] if method.uses_defects else []
        learned_from = [*read.used, *(one.path for one in defects)]
        trainings = Trainings(learned_from, self._settings, self._checkpoints_dir, self._progress)
        with self._timed("train"):
            fitted, calibration = train_and_calibrate(
                method, read.images, labelled, trainings.begin, self._promise, self._progress
            )
        if not method.uses_defects:
            unseen = self._score_unseen(fitted, defects)
        elif self._prices is None:
            unseen = []  # as many trainings again, for a figure that changes nothing
        else:
            with self._timed("price"):
                unseen = score_unseen_defects(method, read.images, labelled, trainings.begin, seed=self._settings.seed)
        trainings.forget()
        return fitted, calibration, unseen

    def _unless_labels_cost(
        self, method: FittedResidual, calibration: Calibration, read: TrainingImages, defects: Sequence[DefectFile]
    ) -> tuple[FittedMethod, Calibration, list[float], str | None]:
        """Return it as it is, or the very fit there would be without labels, where they are no use, and why.

        With it come the scores of the labelled defects by what had not seen them.
        """
        self._viewing.judge_by(self._base_name)
        self._viewing.judge_by(self._method_for(len(read.used)))
        alone, alone_calibration = self._remember(read)
        scores = [alone_calibration.background.off(found).score for found in self._score_unseen(alone, defects)]
        by_labels = [calibration.background.off(found).score for found in method.unseen]
        why: str | None = method.sentence
        if by_labels:
            why = labels_cost_defects(calibration, by_labels, alone_calibration, scores)
        if why is not None:
            return alone, alone_calibration, scores, why
        self._viewing.judge_by(WITH_DEFECTS)
        return method, calibration, by_labels, None

    def _trained_method(self) -> TrainedMethod:
        """Return the method to train; labels are added to the very fit there would be without them."""
        if self._viewing.view.method == WITH_DEFECTS:
            return Residual(METHODS[self._base_name], self._viewing.choices)
        return TRAINED[self._viewing.view.method]

    def _score_unseen(self, method: FittedMethod, defects: Sequence[DefectFile]) -> list[MethodScore]:
        """Score labelled defects by a method that learned from good images alone; one that cannot be read stops it."""
        return [method.score(self._viewing.embed(self._decode_defect(defect))) for defect in defects]

    def _decode_defect(self, defect: DefectFile) -> NDArray[np.uint8]:
        try:
            return self._decoder.decode(defect.path).pixels
        except DecodeError as error:
            raise FitError(f"The labelled defect {defect.path.name} cannot be read: {error.reason}.") from error

    def _read_defect(self, defect: DefectFile) -> LabelledDefect:
        pixels = self._decode_defect(defect)
        mask = None
        if defect.mask is not None:
            size, side = (pixels.shape[0], pixels.shape[1]), self._viewing.view.image_size
            mask = read_mask(defect.mask, self._decoder, size=size, shape=(side, side))
        return LabelledDefect(self._viewing.embed(pixels), mask, defect.kind)

    @property
    def _promise(self) -> Promise:
        view = self._viewing.view
        return Promise(self._settings.promised_rate, view.image_size, self._settings.seed, view.has_background)

    @property
    def _prices(self) -> Prices | None:
        cost = self._settings.miss_cost
        return None if cost is None else Prices(cost, self._settings.defect_rate)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = perf_counter()
        yield
        self._seconds[stage] = perf_counter() - started
