"""Made-up images for methods: patches as given, and a square of the same brightness everywhere."""

import numpy as np

from detectors.methods.port import EmbeddedImage, PatchGrid


def embedded(rows: np.ndarray, height: int, width: int, *, side: int = 32) -> EmbeddedImage:
    return EmbeddedImage(np.full((side, side, 3), 128, dtype=np.uint8), PatchGrid(rows, height, width))
