"""Flags on a frame that cannot be judged: only what its own pixels show beyond doubt, against normal frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BLACK = "black"
SATURATED = "saturated"
DARKEST, BRIGHTEST = 12, 250
# Nearly every pixel, and clearly more than any normal image has: some things are photographed on black or white.
NEARLY_ALL = 0.98
CLEARLY_MORE = 0.05
LEVELS = np.arange(256)


@dataclass(frozen=True, slots=True)
class Exposure:
    """How bright one image is (0..255), and the shares of its pixels that are nearly black or nearly white."""

    brightness: float
    dark_share: float
    bright_share: float


@dataclass(frozen=True, slots=True)
class TrainingStatistics:
    """The extremes of exposure among the images a detector learned from."""

    brightness_low: float
    brightness_high: float
    dark_share_high: float
    bright_share_high: float


def measure_exposure(pixels: NDArray[np.uint8]) -> Exposure:
    """Measure (H, W, 3) RGB pixels by their luma (ITU-R 601-2), in whole levels."""
    return exposure_of(Image.fromarray(np.ascontiguousarray(pixels)).convert("L"))


def exposure_of(luma: Image.Image) -> Exposure:
    """Measure a grey picture, in whole levels."""
    counts = np.array(luma.histogram())
    shares = counts / counts.sum()
    return Exposure(float(shares @ LEVELS), float(shares[: DARKEST + 1].sum()), float(shares[BRIGHTEST:].sum()))


def summarise_exposures(exposures: Sequence[Exposure]) -> TrainingStatistics:
    """Return the extremes over all training images."""
    return TrainingStatistics(
        brightness_low=min(exposure.brightness for exposure in exposures),
        brightness_high=max(exposure.brightness for exposure in exposures),
        dark_share_high=max(exposure.dark_share for exposure in exposures),
        bright_share_high=max(exposure.bright_share for exposure in exposures),
    )


def find_fault(exposure: Exposure, training: TrainingStatistics) -> str | None:
    """Return `black`, `saturated`, or None where the frame can be judged."""
    if _is_beyond(exposure.dark_share, training.dark_share_high):
        return BLACK
    if _is_beyond(exposure.bright_share, training.bright_share_high):
        return SATURATED
    return None


def _is_beyond(share: float, usual: float) -> bool:
    return share >= NEARLY_ALL and share - usual >= CLEARLY_MORE
