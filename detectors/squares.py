"""Make pictures smaller: to a network's square, or to no more than a longest side."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Very large pictures are first averaged to a few times the size wanted: several times faster, and as smooth.
REDUCING_GAP = 3.0


def squared(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return pixels (H, W, 3) resized to (side, side, 3), both sides independently, bilinear with antialiasing."""
    if pixels.shape[:2] == (side, side):
        return np.ascontiguousarray(pixels)
    return _resized(pixels, side, side)


def shrink(pixels: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Return pixels (H, W, 3) with no side longer than `longest`."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return pixels
    return _resized(pixels, max(1, round(width * scale)), max(1, round(height * scale)))


def _resized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.array(image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=REDUCING_GAP))
