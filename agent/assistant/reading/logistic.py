"""Multinomial logistic regression by Boehning's fixed bound of the Hessian (Annals of the ISM 44, 1992)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
STEPS = 300
SETTLED = 1e-3


@dataclass(frozen=True, slots=True)
class Logistic:
    """Fitted weights: (features + 1, classes), the last row is the bias."""

    classes: tuple[str, ...]
    weights: Rows

    def probabilities(self, rows: Rows) -> Rows:
        """Return the probability of each class for rows of features, (n, classes); each row sums to 1."""
        return _softmax(_with_bias(rows) @ self.weights)


def fit_logistic(rows: Rows, labels: Sequence[str], *, penalty: float) -> Logistic:
    """Fit rows of features, (n, features), to their labels; penalty is that of the squared weights, not of the bias.

    Each step solves against B = X'X / 2 + penalty, which bounds the Hessian from above where the classes' weights sum
    to 0, so that the likelihood never falls; B is the same in all steps and for all classes.
    """
    classes = tuple(sorted(set(labels)))
    wanted = (np.array(labels)[:, None] == np.array(classes)[None, :]).astype(np.float32)
    design = _with_bias(rows).astype(np.float32)
    shrink = np.full(design.shape[1], penalty, dtype=np.float32)
    shrink[-1] = 1e-6
    bound = design.T @ design / 2 + np.diag(shrink)
    solve = np.linalg.inv(bound.astype(np.float64)).astype(np.float32)
    weights = np.zeros((design.shape[1], len(classes)), dtype=np.float32)
    momentum, before = weights.copy(), 1.0
    for _ in range(STEPS):
        slope = design.T @ (wanted - _softmax(design @ momentum)) - shrink[:, None] * momentum
        stepped = momentum + solve @ slope
        after = (1 + math.sqrt(1 + 4 * before * before)) / 2  # Nesterov's acceleration
        momentum = stepped + (before - 1) / after * (stepped - weights)
        moved, weights, before = float(np.abs(stepped - weights).max()), stepped, after
        if moved < SETTLED:
            break
    return Logistic(classes, weights)


def _with_bias(rows: Rows) -> Rows:
    return np.hstack([rows, np.ones((len(rows), 1), dtype=np.float32)])


def _softmax(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
