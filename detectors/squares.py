"""Make pictures smaller: to a network's square, or to no more than a longest side."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Very large pictures are first averaged to a few times the size wanted: several times faster, and as smooth.
REDUCING_GAP = 3.0
BAND_PIXELS = 1_000_000


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


def resize(
    pixels: NDArray[np.uint8], size: tuple[int, int], resample: Image.Resampling, *, reducing_gap: float
) -> Image.Image:
    """Return pixels (H, W, 3) as a picture of this (width, height), to the bit as Pillow's resize with such a gap.

    A very large picture is averaged in bands, as Pillow's own copy of it would take a third more memory again.
    """
    height, width = pixels.shape[:2]
    factors = (int(width / size[0] / reducing_gap) or 1, int(height / size[1] / reducing_gap) or 1)
    if factors == (1, 1):
        return Image.fromarray(np.ascontiguousarray(pixels)).resize(size, resample)
    step = factors[1] * max(1, BAND_PIXELS // (width * factors[1]))
    bands = [pixels[top : top + step] for top in range(0, height, step)]
    reduced = [np.asarray(Image.fromarray(np.ascontiguousarray(band)).reduce(factors)) for band in bands]
    box = (0, 0, width / factors[0], height / factors[1])
    return Image.fromarray(np.concatenate(reduced)).resize(size, resample, box)


def _resized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.array(resize(pixels, (width, height), Image.Resampling.BILINEAR, reducing_gap=REDUCING_GAP))
