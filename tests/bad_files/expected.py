"""What a bad file is, and what has to become of it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.records import RejectReason

Pixels = NDArray[np.uint8]
HEIGHT, WIDTH = 40, 60


@dataclass(frozen=True, slots=True, eq=False)
class BadFile:
    """A file by its name, how its bytes are made, and its end: a reason, or None where it is a picture to be scored.

    picture: (H, W, 3) of what has to be seen in it, to within `off_by` grey levels; None where any picture will do.
    """

    name: str
    make: Callable[[], bytes]
    reason: RejectReason | None = None
    picture: Pixels | None = None
    off_by: int = 0


def scene() -> Pixels:
    """Return a small picture that looks different from every side and in every channel."""
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture = np.stack([down * 6, across * 4, 255 - (down + across) * 2], axis=2)
    picture[:10, :15] = (250, 20, 120)
    return picture.astype(np.uint8)


def grey_scene() -> Pixels:
    """Return the same in grey (H, W), with all 8 bits in use."""
    return scene()[:, :, 1]


def as_rgb(grey: NDArray[np.generic]) -> Pixels:
    """Return a grey picture as RGB."""
    return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2)


def on_background(colour: NDArray[np.generic], alpha: NDArray[np.generic]) -> Pixels:
    """Return what is seen of a picture (H, W, 3) through alpha (H, W) of 0..255, before mid-grey."""
    share = alpha.astype(float)[:, :, None] / 255
    seen: Pixels = np.rint(colour.astype(float) * share + 128 * (1 - share)).astype(np.uint8)
    return seen
