"""Choose how to look at a kind of image, by made-up defects on good images that were held out; no name, no test image.

Every view learns from the same good images and judges the same others, once as they are and once with defects painted
on. The first view stays unless another one tells the two apart better by more than chance would.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from detectors.background import learn_background, middle_of
from detectors.calibration import conformal_quantile
from detectors.fitness import Fitness, judge_fitness
from detectors.methods.port import EmbeddedImage, FitChoices, MethodError, MethodScore
from detectors.methods.registry import METHODS
from detectors.presets import View
from detectors.synthetic import CUT_PASTE, SyntheticDefect, make_defects

Pixels = NDArray[np.uint8]
Embed = Callable[[Pixels], EmbeddedImage]
Found = Sequence[MethodScore]
Scores = NDArray[np.float64]

CLEARLY_BETTER = 0.05
MOST_IMAGES = 160
MOST_HELD_OUT = 40
# Few images are held out in turn, few at a time, so that every one is judged by nearly as much as the fit will know.
IN_TURN_UP_TO = 60
TURNS_OF_FEW = 6
TURNS_OF_MANY = 2
DEFECTS_WANTED = 120


@dataclass(frozen=True, slots=True)
class JudgedView:
    """How well a view tells made-up defects from held-out good images, and the seconds it took to find out.

    synthetic_auroc: over all defects; clear_auroc: over the more visible half of them; moved_auroc: over pieces cut out
    and pasted elsewhere; told: the share of all above a threshold that keeps the promise.
    """

    view: View
    synthetic_auroc: float
    clear_auroc: float
    moved_auroc: float
    told: float
    seconds: float

    @property
    def worth(self) -> float:
        """Weigh the clear defects more: who gains on faint ones must not lose on those that matter most."""
        return (self.synthetic_auroc + 2 * self.clear_auroc) / 3


@dataclass(frozen=True, slots=True)
class Choice:
    """The view taken, why, how fit it is, and every view judged."""

    view: View
    reason: str
    fitness: Fitness
    judged: tuple[JudgedView, ...]


@dataclass(frozen=True, slots=True)
class _Turn:
    learned: list[int]
    held_out: list[int]
    defects: list[SyntheticDefect]


def choose_view(
    images: Sequence[Pixels],
    views: Sequence[View],
    embed_with: Callable[[View], Embed],
    choices: FitChoices,
    *,
    rate: float,
    seconds: float,
    progress: Callable[[int, int], None],
) -> Choice:
    """Return the view to use; once `seconds` have passed, views not yet judged are left out.

    rate: the share of false alarms that is to be promised.
    """
    turns = _turns(images, choices.seed)
    started = perf_counter()
    judged: list[JudgedView] = []
    for done, view in enumerate(views):
        progress(done, len(views))
        if judged and perf_counter() - started > seconds:
            break
        found = _judge(images, turns, view, embed_with(view), replace(choices, highest=view.highest), rate)
        if found is not None:
            judged.append(found)
    progress(len(views), len(views))
    if not judged:
        message = f"none of the views can learn from {len(images)} images"
        raise MethodError(message)
    return decide(judged)


def decide(judged: Sequence[JudgedView]) -> Choice:
    """Take the best view if it beats the first one clearly, else the first; AUROC weighs clear defects twice."""
    first, best = judged[0], max(judged, key=lambda one: one.worth)
    if best is first:
        taken, why = first, "no other view tells made-up defects apart better"
    elif best.worth - first.worth <= CLEARLY_BETTER:
        taken, why = first, f"{best.view} is no more than {CLEARLY_BETTER} better ({best.worth:.3f})"
    else:
        taken, why = best, f"{first.view} reaches only {first.worth:.3f}"
    reason = f"{taken.view} tells made-up defects from good images with an AUROC of {taken.worth:.3f}; {why}."
    return Choice(taken.view, reason, judge_fitness(taken.moved_auroc, taken.told), tuple(judged))


def pick_images(count: int, seed: int) -> list[int]:
    """Return which of `count` images a search looks at, in their order."""
    if count <= MOST_IMAGES:
        return list(range(count))
    chosen = np.random.default_rng(seed).choice(count, MOST_IMAGES, replace=False)
    return sorted(int(index) for index in chosen)


def _turns(images: Sequence[Pixels], seed: int) -> list[_Turn]:
    order = np.random.default_rng(seed).permutation(len(images))
    if len(images) <= IN_TURN_UP_TO:
        groups = np.array_split(order, min(TURNS_OF_FEW, len(images)))
    else:
        size = min(MOST_HELD_OUT, len(images) // 4)
        groups = [order[turn * size : (turn + 1) * size] for turn in range(TURNS_OF_MANY)]
    times = max(1, round(DEFECTS_WANTED / sum(len(group) for group in groups)))
    turns = []
    for group in groups:
        held_out = [int(index) for index in group]
        defects = [
            defect
            for time in range(times)
            for defect in make_defects([images[index] for index in _rolled(held_out, time)], seed + time)
        ]
        turns.append(_Turn([int(index) for index in np.setdiff1d(order, group)], held_out, defects))
    return turns


def _rolled(indices: list[int], by: int) -> list[int]:
    by %= len(indices)
    return indices[by:] + indices[:by]


def _judge(
    images: Sequence[Pixels], turns: Sequence[_Turn], view: View, embed: Embed, choices: FitChoices, rate: float
) -> JudgedView | None:
    started = perf_counter()
    method = METHODS[view.method]
    if min(len(turn.learned) for turn in turns) < method.fewest_images:
        return None
    seen = [embed(pixels) for pixels in images]
    good: list[list[MethodScore]] = []
    odd: list[list[MethodScore]] = []
    for turn in turns:
        fitted = method.fit([seen[index].grid.rows for index in turn.learned], choices)
        good.append([fitted.score(seen[index]) for index in turn.held_out])
        odd.append([fitted.score(embed(defect.pixels)) for defect in turn.defects])
    usual, unusual = _without_background(good, odd) if view.has_background else (_scores(good), _scores(odd))
    shares = [_outranked(held_out, score) for held_out, found in zip(usual, unusual, strict=True) for score in found]
    defects = [defect for turn in turns for defect in turn.defects]
    told = _told(np.concatenate(usual), np.concatenate(unusual), rate)
    return _judged(view, np.asarray(shares), defects, told, perf_counter() - started)


def _without_background(good: Sequence[Found], odd: Sequence[Found]) -> tuple[list[Scores], list[Scores]]:
    """Return scores, turn after turn, less the background's part that the held-out good images show."""
    known = [found for turn in good for found in turn]
    background = learn_background([found.score for found in known], [middle_of(found.patches) for found in known])
    return (
        _scores([[background.off(found) for found in turn] for turn in good]),
        _scores([[background.off(found) for found in turn] for turn in odd]),
    )


def _scores(turns: Sequence[Found]) -> list[Scores]:
    return [np.array([found.score for found in turn]) for turn in turns]


def _told(good: Scores, odd: Scores, rate: float) -> float:
    """Return the share of defects above the threshold that the held-out good images would set."""
    return float((odd > conformal_quantile(good.tolist(), max(rate, 1 / (len(good) + 1)))).mean())


def _judged(
    view: View, shares: NDArray[np.float64], defects: Sequence[SyntheticDefect], told: float, seconds: float
) -> JudgedView:
    visible = np.array([defect.visibility for defect in defects])
    clear = shares[visible >= np.median(visible)].mean()
    moved = shares[[defect.kind == CUT_PASTE for defect in defects]].mean()
    return JudgedView(view, float(shares.mean()), float(clear), float(moved), told, seconds)


def _outranked(good: NDArray[np.float64], score: float) -> float:
    """Return the share of good scores below a defect's, ties as half; its mean over the defects of a turn is AUROC."""
    return float(((good < score) + 0.5 * (good == score)).mean())
