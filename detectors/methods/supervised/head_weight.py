"""How much a head may say, by what it would have said of defects it never saw."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.methods.port import Floats

WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
FEWEST_DEFECTS = 2
CAUTION = 0.5

Round = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class WeightChoice:
    """The head's weight, and the cross-validated image AUROC without the head and with it at that weight."""

    weight: float
    auroc_without: float
    auroc_with: float

    @property
    def sentence(self) -> str:
        """Why this weight, in words."""
        if np.isnan(self.auroc_without):
            return f"Fewer than {FEWEST_DEFECTS} labelled defects: the labels are not used."
        if not self.weight:
            return f"The labels are not used: cross-validated AUROC is {self.auroc_without:.3f} without them."
        return f"Labels raise the cross-validated AUROC from {self.auroc_without:.3f} to {self.auroc_with:.3f}."


def choose_weight(rounds: Sequence[Round]) -> WeightChoice:
    """Return the weight whose gain over weight 0 is surest; 0 where none is.

    rounds: one of (normals, defects) a fold, each (2, n): the standardised base score and the head's. A weight's gain
    is taken defect by defect, in the share of normals that the defect outranks; it counts for its mean less half its
    standard error, so that a gain that hangs on one defect of ten is not believed. Of equals the smallest weight wins.
    """
    if sum(defects.shape[1] for _, defects in rounds) < FEWEST_DEFECTS:
        return WeightChoice(0.0, float("nan"), float("nan"))
    ranks = np.stack([np.concatenate([outranked(*one, weight) for one in rounds]) for weight in WEIGHTS])
    gains = ranks - ranks[0]
    errors = gains.std(axis=1, ddof=1) / np.sqrt(gains.shape[1])
    best = int(np.argmax(gains.mean(axis=1) - CAUTION * errors))
    return WeightChoice(WEIGHTS[best], float(ranks[0].mean()), float(ranks[best].mean()))


def outranked(normals: Floats, defects: Floats, weight: float) -> NDArray[np.float64]:
    """Return the share of normals (2, m) below each defect (2, n) in base + weight * head, ties as half: (n,)."""
    normal, defect = normals[0] + weight * normals[1], defects[0] + weight * defects[1]
    above, level = defect[:, None] > normal, defect[:, None] == normal
    shares: NDArray[np.float64] = (above + 0.5 * level).mean(axis=1)
    return shares
