"""The threshold of least expected cost, where labelled defects say what a miss would look like."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST_DEFECTS = 3


@dataclass(frozen=True, slots=True)
class Prices:
    """What a miss costs in false alarms, and the share of images that show a defect."""

    miss_cost: float
    defect_rate: float


@dataclass(frozen=True, slots=True)
class LeastCost:
    """The cheapest threshold, its expected cost of an image in false alarms, and the share of defects above it."""

    threshold: float
    cost: float
    recall: float


def expected_costs(
    thresholds: Sequence[float], normals: Sequence[float], defects: Sequence[float], prices: Prices
) -> NDArray[np.float64]:
    """Return miss_cost * rate * P(defect <= t) + (1 - rate) * P(normal > t) for each threshold t.

    P(normal > t) is the conformal (1 + #{normals > t}) / (n + 1), and P(defect <= t) likewise (1 + #{defects <= t}) /
    (n + 1), so that neither error is ever taken for impossible (the risk of a Bayes decision: Berger 1985, chapter 1).
    """
    alarms = 1 + len(normals) - np.searchsorted(np.sort(normals), thresholds, side="right")
    misses = 1 + np.searchsorted(np.sort(defects), thresholds, side="right")
    missed = prices.miss_cost * prices.defect_rate * misses / (len(defects) + 1)
    costs: NDArray[np.float64] = missed + (1 - prices.defect_rate) * alarms / (len(normals) + 1)
    return costs


def find_least_cost(normals: Sequence[float], defects: Sequence[float], prices: Prices) -> LeastCost:
    """Return the cheapest threshold for held-out scores: the lowest normal score, or midway between two scores.

    Of equals the highest is taken, which raises the fewest false alarms.
    """
    scores = np.unique(np.concatenate([np.asarray(normals), np.asarray(defects)]))
    between = scores[:-1] + np.diff(scores) / 2
    candidates = np.unique(np.append(between[between > min(normals)], min(normals)))
    costs = expected_costs(candidates.tolist(), normals, defects, prices)
    best = len(costs) - 1 - int(np.argmin(costs[::-1]))
    threshold = float(candidates[best])
    return LeastCost(threshold, float(costs[best]), recall_at(threshold, defects))


def recall_at(threshold: float, defects: Sequence[float]) -> float:
    """Return the share of defects that score above a threshold."""
    return float((np.asarray(defects) > threshold).mean())
