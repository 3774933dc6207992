"""Where a frame lies against the usual view of its source: a few products of small vectors, however large the picture.

The mean of the good images, and its slopes down and across, say how each pixel changes where the camera moves a little
(Lucas and Kanade 1981, "An Iterative Image Registration Technique", eq. 9, in one step and with each pixel weighted by
how much it varies from part to part). Parts that lie anywhere have no such mean: then the figures spread widely.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import fft

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SIDE, ROWS = 64, 4
HALF = SIDE // 2
# Shifts of up to a quarter of the side, either way.
REACH = (*range(HALF // 4 + 1), *range(HALF - HALF // 4, HALF))
NEAR = np.ix_(REACH, REACH)
SMOOTHING = ImageFilter.GaussianBlur(0.7)
# Of log2 light: so that a brighter picture looks the same, and dark noise does not shout.
LIGHT = np.log2(np.arange(256, dtype=np.float32) + 8)
CONTRAST_FLOOR = 0.1
VARIANCE_FLOOR = 0.02
# A mean of nothing has no slopes: then nothing ever moves.
RIDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Place:
    """Where one view lies: its shift as shares of the side, down and across.

    coherence: the share of what differs from the usual view that the shift explains; a defect differs in one spot, a
    moved camera everywhere. likeness: the correlation with the usual view; gain: how much higher it is at the best of
    all shifts up to a quarter of the side, for moves that are no little ones.
    """

    down: float
    across: float
    coherence: float
    likeness: float
    gain: float


@dataclass(frozen=True, slots=True)
class ViewReference:
    """The usual view: rows (ROWS, SIDE * SIDE) of its mean, the weight of each pixel, and its weighted slopes.

    inverse: (2, 2), of what the slopes weigh together. spectrum: of the mean at half the size, of length 1.
    """

    rows: Floats
    inverse: NDArray[np.float64]
    spectrum: NDArray[np.complex64]

    def place(self, view: Pixels) -> Place:
        """Return where a small view lies."""
        mean, weights = self.rows[0], self.rows[1]
        flat = flatten(view)
        differs = flat - mean
        pulls = (self.rows[2:] @ differs).astype(float)
        shift = self.inverse @ pulls
        energy = float((differs * weights) @ differs)
        coherence = float(shift @ pulls) / energy if energy else 0.0
        likeness, best = self._correlations(flat)
        return Place(-float(shift[0]) / SIDE, -float(shift[1]) / SIDE, coherence, likeness, best - likeness)

    def _correlations(self, flat: Floats) -> tuple[float, float]:
        """Return the correlation with the usual view, at no shift and at the best one."""
        found = fft.irfft2(_spectrum(flat) * self.spectrum.conj(), s=(HALF, HALF))
        return float(found[0, 0]), float(found[NEAR].max())


def reference_of(rows: Floats) -> ViewReference:
    """Return the reference that is kept as these rows."""
    curvature = (rows[2:] / rows[1] @ rows[2:].T).astype(float) + RIDGE * np.eye(2)
    return ViewReference(rows, np.linalg.inv(curvature), _spectrum(rows[0]))


def small_view(luma: Image.Image) -> Pixels:
    """Return a grey picture as (SIDE, SIDE), a little smoothed, so that it changes gently where it moves."""
    return np.asarray(luma.resize((SIDE, SIDE), Image.Resampling.BOX).filter(SMOOTHING))


def learn_view(views: Sequence[Pixels]) -> ViewReference:
    """Learn the usual view from small views of good images."""
    flats = np.stack([flatten(view) for view in views])
    mean = flats.mean(axis=0)
    weights = 1 / (flats.var(axis=0) + VARIANCE_FLOOR)
    slopes = np.stack([slope.ravel() for slope in np.gradient(mean.reshape(SIDE, SIDE))])
    return reference_of(np.stack([mean, weights, *(slopes * weights)]).astype(np.float32))


def flatten(view: Pixels) -> Floats:
    """Return a small view as log light of mean 0 and spread about 1."""
    light = LIGHT[view].ravel()
    light -= light.mean()
    flat: Floats = light / (light.std() + np.float32(CONTRAST_FLOOR))
    return flat


def _spectrum(flat: Floats) -> NDArray[np.complex64]:
    """Return the spectrum of a view at half the size, made of length 1 so that products are correlations."""
    half = flat.reshape(HALF, 2, HALF, 2).mean(axis=(1, 3))
    half -= half.mean()
    spectrum: NDArray[np.complex64] = fft.rfft2(half / (np.linalg.norm(half) or 1.0))
    return spectrum
