"""One score from many: the mean of the highest."""

import numpy as np

from detectors.methods.port import Floats

HIGHEST = 10


def top_mean(scores: Floats, count: int = HIGHEST) -> float:
    """Return the mean of the `count` highest scores, of all where there are fewer: steadier than the maximum."""
    flat = scores.ravel()
    count = min(count, flat.size)
    return float(np.partition(flat, flat.size - count)[flat.size - count :].mean(dtype=np.float64))
