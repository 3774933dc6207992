"""The distances a detector goes by, exact: those of a score may be a little too high where they do not matter."""

import numpy as np
from numpy.typing import NDArray

from detectors.methods.port import Bounds, Floats
from detectors.scoring import Detector


def exact_distances(detector: Detector, pixels: NDArray[np.uint8]) -> Floats:
    """Return each patch's distance (height, width) to the nearest of what a detector remembers."""
    seen, _ = detector.look(pixels)
    assert isinstance(detector.learnt, Bounds)
    return detector.learnt.exact_patches(seen)
