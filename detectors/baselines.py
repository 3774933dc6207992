"""Figures that know nothing of the part: whoever does no better than these has learnt the light or the file format."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detectors.metrics import image_auroc


@dataclass(frozen=True, slots=True)
class TrivialFigures:
    """An image's mean brightness and standard deviation (0 to 255), and its file's size in bytes."""

    mean_brightness: float
    standard_deviation: float
    file_size: float


def measure_trivial(pixels: NDArray[np.uint8], path: Path) -> TrivialFigures:
    """Return the figures of an image (H, W, 3) and of the file it came from."""
    return TrivialFigures(float(pixels.mean()), float(pixels.std()), float(path.stat().st_size))


def trivial_aurocs(labels: ArrayLike, figures: Sequence[TrivialFigures]) -> dict[str, float]:
    """Return each figure's image AUROC, read in whichever direction tells defects better; labels are 1 for a defect."""
    rows = [asdict(one) for one in figures]
    areas = {one.name: image_auroc(labels, [row[one.name] for row in rows]) for one in fields(TrivialFigures)}
    return {name: max(area, 1 - area) for name, area in areas.items()}
