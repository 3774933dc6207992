"""Learn from embedded images, and calibrate on good images that the learning never saw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from detectors.background import learn_background, middle_of
from detectors.calibration import Calibration, calibrate, split_folds
from detectors.methods.anomaly_map import compute_anomaly_map
from detectors.methods.port import (
    EmbeddedImage,
    FitChoices,
    FittedMethod,
    Floats,
    LabelledDefect,
    Method,
    MethodError,
    MethodScore,
    Origin,
    PatchGrid,
    Remembers,
    Restorable,
    TrainedMethod,
    Training,
)

Progress = Callable[[str, int, int], None]

# Methods that are fitted once a fold look at patches alone.
NO_SQUARE = np.empty((0, 0, 3), dtype=np.uint8)
HELD_OUT_SHARE = 0.15
FEWEST_HELD_OUT = 2
CALIBRATION_SHARE = 0.25
FEWEST_CALIBRATION = 4
FEWEST_FOLDS = 2


@dataclass(frozen=True, slots=True)
class Promise:
    """What a calibration is asked for: the share of false alarms, and the side of the map whose peaks it looks at.

    has_background: whether the part of an image's background is taken off its score.
    """

    wanted_rate: float
    image_size: int
    seed: int
    has_background: bool = False


class Scores:
    """Scores and map peaks of held-out good images, as they come."""

    def __init__(self, promise: Promise, total: int, progress: Progress) -> None:
        self._promise, self._total, self._progress = promise, total, progress
        self._scores: list[float] = []
        self._peaks: list[float] = []
        self._middles: list[float] = []
        self._images: list[int] = []
        progress("calibrate", 0, total)

    def add(self, method: FittedMethod, image: EmbeddedImage, place: int) -> None:
        """Score one image, which has this place among those learned from."""
        found = method.score(image)
        self._images.append(place)
        self._scores.append(found.score)
        self._middles.append(middle_of(found.patches))
        self._peaks.append(float(compute_anomaly_map(found.patches, self._promise.image_size).max()))
        self._progress("calibrate", len(self._scores), self._total)

    def calibration(self) -> Calibration:
        """Return what the scores can promise, once their background's part is taken off."""
        middles = self._middles if self._promise.has_background else []
        background = learn_background(self._scores, middles)
        scores = [background.off_score(*one) for one in zip(self._scores, self._middles, strict=True)]
        found = calibrate(scores, self._peaks, wanted_rate=self._promise.wanted_rate)
        images = tuple(self._images[index] for index in np.argsort(scores, kind="stable"))
        return replace(found, images=images, background=background)

    def highest(self) -> Calibration:
        """Return what the highest score can promise, where all of them come from one image."""
        found = calibrate([max(self._scores)], [max(self._peaks)], wanted_rate=self._promise.wanted_rate)
        return replace(found, images=(self._images[int(np.argmax(self._scores))],))


def calibrate_by_folds(
    method: Method,
    rows: Sequence[Floats],
    grid_of: Callable[[int], PatchGrid],
    choices: FitChoices,
    promise: Promise,
    progress: Progress,
) -> Calibration:
    """Fit once for each fold, and score every image by the fit that has not seen it; rows may be thinned."""
    folds = split_folds(len(rows), promise.seed)
    scores = Scores(promise, len(rows), progress)
    for fold, fitted in zip(folds, method.cross_fit(rows, folds, choices), strict=True):
        for index in fold:
            scores.add(fitted, EmbeddedImage(NO_SQUARE, grid_of(int(index))), int(index))
    return scores.calibration()


def calibrate_by_copies(
    method: Method, grids: Sequence[PatchGrid], choices: FitChoices, promise: Promise, progress: Progress
) -> Calibration:
    """Score each copy of the only image by a fit on all but that copy; grids: the image, then its copies.

    The highest score is the threshold. Real images differ more than copies do, so it promises nothing.
    """
    scores = Scores(promise, len(grids) - 1, progress)
    folds = list(np.arange(1, len(grids)).reshape(-1, 1))
    for fold, fitted in zip(folds, method.cross_fit([grid.rows for grid in grids], folds, choices), strict=True):
        scores.add(fitted, EmbeddedImage(NO_SQUARE, grids[int(fold[0])]), 0)
    return scores.highest()


def train_and_calibrate(
    method: TrainedMethod,
    images: Sequence[EmbeddedImage],
    defects: Sequence[LabelledDefect],
    training_of: Callable[[str], Training],
    promise: Promise,
    progress: Progress,
) -> tuple[FittedMethod, Calibration]:
    """Train, and calibrate on images that no training saw: fold by fold where the method is quick, else on a quarter.

    training_of names each training, so that each has its own checkpoint; raise MethodError.
    """
    require_enough(method, len(images), len(defects))
    if method.folds:
        return _train_in_folds(method, images, defects, training_of, promise, progress)
    order = np.random.default_rng(promise.seed).permutation(len(images))
    kept = _calibration_count(len(images))
    fitted = _train(method, images, order[kept:], defects, training_of("once"))
    scores = Scores(promise, kept, progress)
    for index in order[:kept]:
        scores.add(fitted, images[index], int(index))
    return fitted, scores.calibration()


def score_unseen_defects(
    method: TrainedMethod,
    images: Sequence[EmbeddedImage],
    defects: Sequence[LabelledDefect],
    training_of: Callable[[str], Training],
    *,
    seed: int,
) -> list[MethodScore]:
    """Score each labelled defect by a training on every good image and on defects of other folds alone.

    Scores of several trainings stand for those of one, as they do where good images are calibrated by folds. Nothing
    where that cannot be: the method is too slow to be trained once a fold, or needs all the defects there are.
    """
    folds = min(method.folds, len(defects))
    largest = -(-len(defects) // folds) if folds else len(defects)
    if folds < FEWEST_FOLDS or len(defects) - largest < method.fewest_defects:
        return []
    generator = np.random.default_rng(seed)
    good, order = generator.permutation(len(images)), generator.permutation(len(defects))
    scores: list[MethodScore] = []
    for number, fold in enumerate(np.array_split(order, folds)):
        seen = [defects[index] for index in np.setdiff1d(order, fold)]
        fitted = _train(method, images, good, seen, training_of(f"defects-{number}"))
        scores += [fitted.score(defects[index].image) for index in fold]
    return scores


def require_enough(method: TrainedMethod, images: int, defects: int) -> None:
    """Raise MethodError where a method needs more images or labelled defects, with the number it needs."""
    needed = images_needed(method)
    if images < needed:
        raise MethodError(f"{method.name} needs at least {needed} good images, got {images}.")
    if defects < method.fewest_defects:
        raise MethodError(f"{method.name} needs at least {method.fewest_defects} labelled defects, got {defects}.")


def images_needed(method: Restorable) -> int:
    """Return how many good images a fit takes: what the method learns from, and what has to be held out beside it."""
    if not isinstance(method, TrainedMethod):
        return method.fewest_images
    return next(images for images in count(1) if _learned_from(method, images) >= method.fewest_images)


def _learned_from(method: TrainedMethod, images: int) -> int:
    """Return how many of the images its smallest training learns from."""
    used = images - (-(-images // method.folds) if method.folds else _calibration_count(images))
    return used - _held_out_count(used)


def _calibration_count(images: int) -> int:
    return max(FEWEST_CALIBRATION, round(CALIBRATION_SHARE * images))


def _held_out_count(used: int) -> int:
    return max(FEWEST_HELD_OUT, round(HELD_OUT_SHARE * used))


def _train_in_folds(
    method: TrainedMethod,
    images: Sequence[EmbeddedImage],
    defects: Sequence[LabelledDefect],
    training_of: Callable[[str], Training],
    promise: Promise,
    progress: Progress,
) -> tuple[FittedMethod, Calibration]:
    order = np.random.default_rng(promise.seed).permutation(len(images))
    scores = Scores(promise, len(images), progress)
    for number, fold in enumerate(np.array_split(order, method.folds)):
        fitted = _train(method, images, np.setdiff1d(order, fold), defects, training_of(f"fold-{number}"))
        for index in fold:
            scores.add(fitted, images[index], int(index))
    return _train(method, images, order, defects, training_of("all")), scores.calibration()


def _train(
    method: TrainedMethod,
    images: Sequence[EmbeddedImage],
    used: NDArray[np.intp],
    defects: Sequence[LabelledDefect],
    training: Training,
) -> FittedMethod:
    # Every seventh or so, so that each stretch of time is held out in part.
    held_out = set(used[np.linspace(0, len(used) - 1, _held_out_count(len(used))).round().astype(int)].tolist())
    shown = [int(index) for index in used if int(index) not in held_out]
    good = [images[index] for index in shown]
    fitted = method.train(good, [images[index] for index in sorted(held_out)], defects, training)
    if isinstance(fitted, Remembers):
        origins = [Origin(index, np.arange(len(images[index].grid.rows))) for index in [*shown, *sorted(held_out)]]
        return fitted.with_origins(origins)
    return fitted
