"""From patch scores to a smooth map of the image."""

from functools import lru_cache
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter

from detectors.methods.port import Floats

SIGMA = 4.0
PIXELS_A_PATCH = 4
# The Gaussian ends so many sigmas from its middle.
TRUNCATED = 4.0


def compute_anomaly_map(patches: Floats, side: int) -> Floats:
    """Return the (side, side) map of patch scores (h, w): bilinear, then Gaussian with sigma 4 (section 3.3).

    Many patches take a larger side: four pixels each, so that none drowns. Both steps are linear along each axis, so
    the map is A patches B^T with matrices that depend on the sizes alone.
    """
    side = max(side, PIXELS_A_PATCH * max(patches.shape))
    smooth: Floats = _spread(patches.shape[0], side) @ patches.astype(np.float32) @ _spread(patches.shape[1], side).T
    return smooth


def shown_around(patches: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Return which patches (h, w) have a part in any pixel of the map that one of these patches has a part in."""
    longest = max(patches.shape)
    reach = 2 * (ceil(TRUNCATED * SIGMA * longest / max(side, PIXELS_A_PATCH * longest)) + 1)
    around: NDArray[np.bool_] = maximum_filter(patches, size=2 * reach + 1, mode="constant")
    return around


@lru_cache(maxsize=32)
def _spread(count: int, side: int) -> Floats:
    """Return (side, count): what each of `count` patches along an axis adds to each of `side` pixels."""
    places = np.clip((np.arange(side) + 0.5) * count / side - 0.5, 0, count - 1)
    left = np.minimum(places.astype(np.intp), max(0, count - 2))
    share = places - left
    bilinear = np.zeros((side, count))
    np.add.at(bilinear, (np.arange(side), left), 1 - share)
    np.add.at(bilinear, (np.arange(side), np.minimum(left + 1, count - 1)), share)
    spread: Floats = gaussian_filter1d(bilinear, sigma=SIGMA, axis=0, truncate=TRUNCATED).astype(np.float32)
    return spread
