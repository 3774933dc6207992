"""Pictures made up to see how a network's numbers lie: nobody's images, and the same wherever they are made."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

PICTURES = 16
MOST_ELLIPSES = 8
SEED = 0


def made_up_pictures(side: int) -> Iterator[NDArray[np.uint8]]:
    """Return squares (side, side, 3) of noise as natural images have it, some with plain shapes on it.

    The amplitude of frequency f falls with f to the power of .6 to 2; in photographs it is about 1 (Field, 1987).
    """
    chance = np.random.default_rng(SEED)
    for _ in range(PICTURES):
        canvas = _noise(chance, side)
        for _ in range(chance.integers(0, MOST_ELLIPSES)):
            inside = _ellipse(chance, side)
            canvas[inside] = canvas[inside] * chance.uniform(0, 1) + chance.uniform(0, 255, 3) * chance.uniform(0.3, 1)
        yield np.clip(canvas, 0, 255).astype(np.uint8)


def _noise(chance: np.random.Generator, side: int) -> NDArray[np.float64]:
    """Return noise (side, side, 3) between grey and colourful, of any contrast and brightness."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    frequency[0, 0] = 1 / side
    falling = frequency[..., None] ** -chance.uniform(0.6, 2)
    shape = *frequency.shape, 3
    spectrum = (chance.normal(size=shape) + 1j * chance.normal(size=shape)) * falling
    colours = np.fft.irfft2(spectrum, (side, side), axes=(0, 1))
    greyness = chance.uniform(0, 1)
    mixed = colours.mean(axis=2, keepdims=True) * greyness + colours * (1 - greyness)
    even = (mixed - mixed.mean()) / max(float(mixed.std()), 1e-9)
    noise: NDArray[np.float64] = even * chance.uniform(15, 70) + chance.uniform(60, 190)
    return noise


def _ellipse(chance: np.random.Generator, side: int) -> NDArray[np.bool_]:
    down, across = np.mgrid[:side, :side]
    y, x = chance.uniform(0, side, 2)
    radius, flatness, angle = chance.uniform(3, side / 3), chance.uniform(0.1, 1), chance.uniform(0, np.pi)
    along = (across - x) * np.cos(angle) + (down - y) * np.sin(angle)
    beside = (down - y) * np.cos(angle) - (across - x) * np.sin(angle)
    is_inside: NDArray[np.bool_] = (along / radius) ** 2 + (beside / (radius * flatness)) ** 2 < 1
    return is_inside
