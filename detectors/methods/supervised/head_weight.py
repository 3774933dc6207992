"""How much a head may say, by what it would have said of defects it never saw."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.methods.port import Floats

WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
FEWEST_DEFECTS = 2
CAUTION = 0.5
# What a head with drawn defects is believed to gain before it is measured: normals of another day look odd to a
# distance, hardly to a head, and normals held out of the same days cannot show it.
ADVANCE = 0.02
FULL_WEIGHT = 1.0

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
        if self.auroc_with <= self.auroc_without:
            return f"Labels are used with weight {self.weight:g}; cross-validated AUROC is {self.auroc_with:.3f}."
        return f"Labels raise the cross-validated AUROC from {self.auroc_without:.3f} to {self.auroc_with:.3f}."


def choose_weight(seen: Sequence[Round], unseen: Sequence[Round], *, drawn_share: float) -> WeightChoice:
    """Return the weight whose gain over weight 0 is surest; 0 where none is.

    seen: rounds of (normals, defects), each (2, n): the standardised base score and the head's, by a head that knows
    the kinds but not these very defects; unseen: the same by heads that know none of the kind, empty where there is
    but one. drawn_share: of the defects, how many have a mask.
    A weight's gain is taken defect by defect, in the share of normals that the defect outranks; it counts for its mean
    less half its standard error, so that a gain that hangs on one defect of ten is not believed, and with an advance
    for masks. A weight that would cost rank among kinds it has not seen is not taken. Of equals the smallest wins.
    """
    if sum(defects.shape[1] for _, defects in seen) < FEWEST_DEFECTS:
        return WeightChoice(0.0, float("nan"), float("nan"))
    ranks = _ranks(seen)
    gains = ranks - ranks[0]
    errors = gains.std(axis=1, ddof=1) / np.sqrt(gains.shape[1])
    advance = ADVANCE * drawn_share * np.minimum(np.array(WEIGHTS) / FULL_WEIGHT, 1)
    worth = gains.mean(axis=1) - CAUTION * errors + advance
    if unseen:
        others = _ranks(unseen)
        worth[(others - others[0]).mean(axis=1) < 0] = -np.inf
    best = int(np.argmax(worth))
    return WeightChoice(WEIGHTS[best], float(ranks[0].mean()), float(ranks[best].mean()))


def combine(base: Floats, head: Floats, weight: float) -> Floats:
    """Return base + weight * max(0, head), both standardised: a head can only raise what it knows, never excuse."""
    return (base + weight * np.maximum(head, 0)).astype(np.float32)


def outranked(normals: Floats, defects: Floats, weight: float) -> NDArray[np.float64]:
    """Return the share of normals (2, m) below each defect (2, n) when combined by weight, ties as half: (n,)."""
    normal, defect = combine(normals[0], normals[1], weight), combine(defects[0], defects[1], weight)
    above, level = defect[:, None] > normal, defect[:, None] == normal
    shares: NDArray[np.float64] = (above + 0.5 * level).mean(axis=1)
    return shares


def _ranks(rounds: Sequence[Round]) -> NDArray[np.float64]:
    return np.stack([np.concatenate([outranked(*one, weight) for one in rounds]) for weight in WEIGHTS])
