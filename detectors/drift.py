"""Whether images still score as the good ones did that a detector was calibrated on: a bet that may be looked at daily.

If nothing has changed, the scores of the calibration and those that follow come in no particular order. Then the place
of the next score among all before it follows an urn that is known exactly, and nobody can win by betting on it: capital
above 1/e has a chance below e, however often one looks (Ville's inequality). This is a conformal test martingale (Vovk,
Gammerman and Shafer 2022, "Algorithmic Learning in a Random World", chapter 8; Volkhonskiy et al. 2017, "Inductive
Conformal Martingales for Change-Point Detection"), which starts anew at every image with a share of the money.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 20
# Over all time, in both directions together, while nothing has changed: as sure as the interval of the promise.
FALSE_ALARM_PROBABILITY = 0.05
SURETY = f"Of detectors whose images never change, one in {round(1 / FALSE_ALARM_PROBABILITY)} is told of, ever."
# Beyond it nobody doubts any more, and it stays a number that every database takes.
MOST_STAKE = 1e9

Floats = NDArray[np.float64]


class Direction(StrEnum):
    """Which way scores went."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class DriftState:
    """What a check knows after so many images: it is carried on, never begun again, while the detector stays.

    counts: (BINS,) scores seen in each bin, the oddest first, those of the calibration with them. stakes, starts: for
    each bet what is staked and at which image the money now at work came in.
    """

    calibration: int
    images: int
    counts: tuple[float, ...]
    stakes: tuple[float, ...]
    starts: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "calibration": self.calibration,
            "images": self.images,
            "counts": list(self.counts),
            "stakes": list(self.stakes),
            "starts": list(self.starts),
        }


@dataclass(frozen=True, slots=True)
class Drift:
    """What a check says: the direction, None where nothing is told, and a sentence for people.

    evidence: the capital of the better direction, which under no change passes 1/e with a chance of at most e. images:
    since how many of them.
    """

    direction: Direction | None
    evidence: float
    images: int
    sentence: str


@dataclass(frozen=True, slots=True)
class _Bet:
    """A claim on the next bin: the highest one has `top` of the chance (None: what it has), the others lean."""

    direction: Direction
    top: float | None
    leaning: float


# Only much lower scores count: a calibration comes of fits that saw fewer images, and may lie somewhat too high.
# True defects, one image in twenty, are no drift: a small share of high scores counts only where the others lean too.
BETS = (
    *(_Bet(Direction.HIGHER, None, leaning) for leaning in (2.0, 6.0)),
    *(_Bet(Direction.HIGHER, top, 2.0) for top in (0.12, 0.25)),
    *(_Bet(Direction.HIGHER, top, 6.0) for top in (0.25, 0.5)),
    *(_Bet(Direction.HIGHER, top, 0.0) for top in (0.5, 0.9)),
    *(_Bet(Direction.LOWER, None, leaning) for leaning in (-6.0, -12.0)),
)
TOPS = np.array([np.nan if bet.top is None else bet.top for bet in BETS])
LEANS = np.array([bet.leaning for bet in BETS])
OF_DIRECTION = {one: np.array([bet.direction is one for bet in BETS]) for one in Direction}


def start_drift_check(calibration: int) -> DriftState:
    """Return the state before the first image of a detector calibrated on so many good ones."""
    gaps = np.bincount(_bin_of(np.arange(1, calibration + 2), calibration), minlength=BINS)
    return DriftState(calibration, 0, tuple(gaps.astype(float).tolist()), (0.0,) * len(BETS), (0,) * len(BETS))


def restore_drift_check(values: dict[str, Any]) -> DriftState:
    """Return what `as_json` described; what was kept of other bets than today's begins anew."""
    calibration = int(values["calibration"])
    if (len(values["counts"]), len(values["stakes"])) != (BINS, len(BETS)):
        return start_drift_check(calibration)
    return DriftState(
        calibration=calibration,
        images=int(values["images"]),
        counts=tuple(values["counts"]),
        stakes=tuple(values["stakes"]),
        starts=tuple(values["starts"]),
    )


def follow(state: DriftState, p_values: Sequence[float]) -> tuple[DriftState, dict[Direction, float]]:
    """Bet on each next conformal p-value, and return the state after them and the highest capital of each direction.

    A p-value says between which calibration scores a score lies; of a bin with c scores so far out of N, the next one
    is there with probability c / N (a Polya urn). A bet b on the bins pays b / (c / N).
    """
    counts, stakes = np.array(state.counts), np.array(state.stakes)
    starts, images = np.array(state.starts), state.images
    best = dict.fromkeys(Direction, 0.0)
    ranks = np.rint(np.asarray(p_values) * (state.calibration + 1)).astype(np.intp)
    for found in _bin_of(np.clip(ranks, 1, state.calibration + 1), state.calibration):
        # Money that comes in at image t is 1/t - 1/(t + 1): all of it adds up to one.
        fresh = 1 / ((images + 1) * (images + 2))
        starts = np.where(stakes > fresh, starts, images)
        stakes = np.minimum((stakes + fresh) * _payoffs(counts / counts.sum(), int(found)), MOST_STAKE)
        images += 1
        counts[found] += 1
        for direction in Direction:
            best[direction] = max(best[direction], _capital(stakes, images, direction))
    after = replace(
        state,
        images=images,
        counts=tuple(counts.tolist()),
        stakes=tuple(stakes.tolist()),
        starts=tuple(int(start) for start in starts),
    )
    return after, best


def judge_drift(state: DriftState, best: dict[Direction, float], *, told: Collection[str] = ()) -> Drift:
    """Say whether images drifted in a direction not told yet, by the capitals that `follow` reached."""
    evidence, direction = max([(best[one], one) for one in Direction if one not in told], default=(0.0, None))
    if direction is None or evidence * FALSE_ALARM_PROBABILITY < len(Direction):
        return Drift(None, evidence, state.images, "No drift: images score as the good ones of the fit did.")
    strongest = int(np.argmax(np.where(OF_DIRECTION[direction], state.stakes, -1.0)))
    since = state.images - state.starts[strongest]
    return Drift(direction, evidence, since, drift_sentence(direction, since))


def check_drift(calibration: int, p_values: Sequence[float]) -> Drift:
    """Say whether the p-values of a detector's images, from its first one on, drifted."""
    return judge_drift(*follow(start_drift_check(calibration), p_values))


def drift_sentence(direction: Direction, images: int) -> str:
    """Say what was found, and what a person may do."""
    found = f"The last {images} images score {direction} than the good ones of the fit"
    advice = "recalibrate or refit, or look at the light and the camera"
    if direction is Direction.HIGHER:
        return f"{found}: unless many parts are really bad, expect false alarms; {advice}."
    return f"{found}: defects may be missed; {advice}."


def _bin_of(ranks: NDArray[np.intp], calibration: int) -> NDArray[np.intp]:
    """Return the bin of each rank 1..n + 1 among calibration scores, rank 1 above all of them."""
    bins: NDArray[np.intp] = (ranks - 1) * BINS // (calibration + 1)
    return bins


def _payoffs(chances: Floats, found: int) -> Floats:
    """Return what each bet pays; the highest bin, where true defects lie, moves only bets that claim its share."""
    rest = 1 - chances[0]
    if found == 0:
        return np.where(np.isnan(TOPS), 1.0, TOPS / chances[0])
    # Leaning on the middle of each bin's share, so that what is claimed of a bin follows what is in it.
    middles = (np.cumsum(chances[1:]) - chances[1:] / 2) / rest
    claims = chances[1:] * np.exp(-LEANS[:, None] * middles)
    of_rest = claims[:, found - 1] / claims.sum(axis=1)
    payoffs: Floats = of_rest * np.where(np.isnan(TOPS), rest, 1 - TOPS) / chances[found]
    return payoffs


def _capital(stakes: Floats, images: int, direction: Direction) -> float:
    """Return the mean capital of a direction's bets, with the money that has not come in yet."""
    return float(stakes[OF_DIRECTION[direction]].mean()) + 1 / (images + 1)
