"""What a score means: held-out scores of normal images, a p-value, and a threshold that keeps its promise."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, betabinom

from detectors.background import NONE, Background

CONFIDENCE = 0.95
TENTH = 0.0995  # 10 %, once rounded to two digits
LEAVE_ONE_OUT_UP_TO = 32
# Of five, each leaves a fifth of what is normal unknown: held-out scores, and the threshold, came out too high.
FOLDS = 10
RUNS_PER_FOLD = 4


@dataclass(frozen=True, slots=True)
class Calibration:
    """Held-out scores and map peaks of normal images, and what follows: higher than a threshold is abnormal.

    promised_rate is the share of normal images that may score above the threshold; where there are too few images to
    promise wanted_rate, it is the smallest rate that they can promise. images: whose score each one is, by its place
    among the images learned from; empty once restored from a bundle. background: what was taken off all of them.
    """

    scores: tuple[float, ...]
    map_peaks: tuple[float, ...]
    wanted_rate: float
    promised_rate: float
    threshold: float
    map_threshold: float
    images: tuple[int, ...] = ()
    background: Background = NONE

    def p_value(self, score: float) -> float:
        """Return the conformal p-value (1 + #{calibration scores >= score}) / (n + 1); its floor is 1 / (n + 1)."""
        ordered = np.asarray(self.scores)
        return float(1 + len(ordered) - np.searchsorted(ordered, score, side="left")) / (len(ordered) + 1)

    @property
    def sentence(self) -> str:
        """What can be promised, in words."""
        return calibration_sentence(len(self.scores), wanted_rate=self.wanted_rate, promised_rate=self.promised_rate)

    @property
    def promised_interval(self) -> tuple[float, float]:
        """Between which shares of good images the false alarms of this very threshold lie, 95 % of the time."""
        return rate_interval(len(self.scores), self.promised_rate)

    @property
    def interval_sentence(self) -> str:
        """What the promise means for this very threshold, in words."""
        shown = [f"{100 * rate:.2g} %" if rate < TENTH else f"{100 * rate:.0f} %" for rate in self.promised_interval]
        return f"Between {shown[0]} and {shown[1]} of good images will raise a false alarm, 95 % of the time."

    def threshold_without(self, images: Collection[int]) -> float:
        """Return the threshold that the scores of all other images would set."""
        others = [score for image, score in zip(self.images, self.scores, strict=True) if image not in images]
        return conformal_quantile(others, max(self.wanted_rate, 1 / (len(others) + 1)))

    def moved_to(self, threshold: float) -> "Calibration":
        """Return it with another threshold, and the rate that one promises; where scores chose it, nearly so."""
        above = sum(score > threshold for score in self.scores)
        rate = (1 + above) / (len(self.scores) + 1)
        map_threshold = conformal_quantile(self.map_peaks, rate)
        return replace(self, threshold=threshold, promised_rate=rate, map_threshold=map_threshold)


def calibrate(scores: Sequence[float], map_peaks: Sequence[float], *, wanted_rate: float) -> Calibration:
    """Return thresholds that normal images exceed at wanted_rate at most, or at the least that can be promised."""
    promised = max(wanted_rate, 1 / (len(scores) + 1))
    return Calibration(
        scores=tuple(sorted(scores)),
        map_peaks=tuple(sorted(map_peaks)),
        wanted_rate=wanted_rate,
        promised_rate=promised,
        threshold=conformal_quantile(scores, promised),
        map_threshold=conformal_quantile(map_peaks, promised),
    )


def conformal_quantile(scores: Sequence[float], rate: float) -> float:
    """Return the ceil((n + 1)(1 - rate))-th smallest score: the next normal score exceeds it at `rate` at most."""
    return float(sorted(scores)[conformal_rank(len(scores), rate) - 1])


def conformal_rank(images: int, rate: float) -> int:
    """Return k = ceil((n + 1)(1 - rate)), within 1 and n: the threshold is the k-th smallest of n scores."""
    # Rounded first: 0.1 of 9 + 1 images is exactly one image, whatever binary fractions say.
    return min(max(ceil(round((images + 1) * (1 - rate), 9)), 1), images)


def rate_interval(images: int, rate: float) -> tuple[float, float]:
    """Return the central 95 % interval of the false-alarm rate of a threshold from n images.

    Over calibration sets it is Beta(n + 1 - k, k), k the threshold's rank (Vovk 2012, "Conditional validity of
    inductive conformal predictors"; Angelopoulos and Bates 2023, "Conformal Prediction: A Gentle Introduction", 3.2).
    """
    rank = conformal_rank(images, rate)
    low, high = beta(images + 1 - rank, rank).interval(CONFIDENCE)
    return float(low), float(high)


def count_interval(images: int, rate: float, future: int) -> tuple[int, int]:
    """Return the 95 % interval of the number of false alarms among `future` good images.

    It is beta-binomial(future; n + 1 - k, k): the rate is Beta, and the alarms at that rate are binomial (the same).
    """
    rank = conformal_rank(images, rate)
    low, high = betabinom(future, images + 1 - rank, rank).interval(CONFIDENCE)
    return int(low), int(high)


def calibration_sentence(images: int, *, wanted_rate: float, promised_rate: float) -> str:
    """Say what share of normal images may raise a false alarm, and how many images a smaller share would take."""
    needed = ceil(round(1 / wanted_rate, 9)) - 1
    if images == 1:
        rests = "One good image promises nothing: the threshold rests on altered copies of it"
        return f"{rests}; {_percent(wanted_rate)}, as asked for, takes {needed}."
    promise = f"{images} normal images promise at most {_percent(promised_rate)} false alarms"
    if promised_rate <= wanted_rate:
        return f"{promise}."
    return f"{promise}; {_percent(wanted_rate)}, as asked for, takes {needed}."


def split_folds(images: int, seed: int) -> list[NDArray[np.intp]]:
    """Deal images into folds: each alone up to 32, else ten folds.

    Runs of consecutive images stay together, so that a burst of near copies is not judged by its own siblings; runs are
    dealt at random, so that no fold holds all of one kind.
    """
    if images <= LEAVE_ONE_OUT_UP_TO:
        return list(np.arange(images).reshape(-1, 1))
    length = max(1, images // (FOLDS * RUNS_PER_FOLD))
    starts = np.random.default_rng(seed).permutation(np.arange(0, images, length))
    runs = [np.arange(start, min(start + length, images)) for start in starts]
    return [np.sort(np.concatenate(runs[fold::FOLDS])) for fold in range(FOLDS)]


def _percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"
