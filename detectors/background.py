"""How odd a picture is throughout: light, focus and grain raise the scores of all its patches, a defect those of a few.

The middle (median) patch score of a picture tells its background. Held-out good pictures show how much their scores
rise with it, and that much is taken off before a score meets its threshold; so one good picture in another light no
longer sets a threshold above most defects.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.methods.port import Floats, MethodScore

# A line through fewer points follows chance.
FEWEST_IMAGES = 20
# A wide defect raises the middle too. Half the slope cost six categories no image AUROC, all of it up to .04.
SHARE = 0.5
STEEPEST = 2.0


@dataclass(frozen=True, slots=True)
class Background:
    """How much a score rises with the middle patch score, which is usually `usual` and within lowest and highest.

    A picture beyond lowest or highest is odd throughout, as no good one was: what lies beyond is not taken off.
    """

    slope: float = 0.0
    usual: float = 0.0
    lowest: float = 0.0
    highest: float = 0.0

    def off(self, found: MethodScore) -> MethodScore:
        """Return an image's score without its background's part, and its patches as they are."""
        return replace(found, score=self.off_score(found.score, middle_of(found.patches)))

    def off_score(self, score: float, middle: float) -> float:
        """Return a raw score without the part of this background."""
        return score - self.slope * (min(max(middle, self.lowest), self.highest) - self.usual)


NONE = Background()


def middle_of(patches: Floats) -> float:
    """Return the median of patch scores (h, w)."""
    return float(np.median(patches))


def learn_background(scores: Sequence[float], middles: Sequence[float]) -> Background:
    """Learn from the raw scores and middle patches of held-out good images; of a few, nothing."""
    if len(middles) < FEWEST_IMAGES:
        return NONE
    found = np.asarray(middles, dtype=np.float64)
    usual, lowest, highest = float(found.mean()), float(found.min()), float(found.max())
    return Background(_slope(found, scores), usual, lowest, highest)


def _slope(middles: NDArray[np.float64], values: Sequence[float]) -> float:
    """Return a share of the least-squares slope of values on middles."""
    centred = middles - middles.mean()
    scatter = float(centred @ centred)
    if scatter <= np.finfo(np.float32).tiny:
        return 0.0
    return SHARE * float(np.clip(centred @ np.asarray(values, dtype=np.float64) / scatter, 0.0, STEEPEST))
