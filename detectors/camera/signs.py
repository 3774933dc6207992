"""What one frame shows of its camera: how bright, how sharp, and from where it looks."""

from dataclasses import asdict, astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detectors.camera.view import Place, ViewReference, small_view

Pixels = NDArray[np.uint8]

# Rows and columns looked at for sharpness: enough for a figure of two digits, and far below a millisecond.
LINES = 64
FINE_LAG, BROAD_LAG = 2, 8
DECIMALS = 4


@dataclass(frozen=True, slots=True)
class CameraSigns:
    """Signs of one frame.

    mean, median, upper: light in stops (log2 of linear light, upper the 75th percentile). fine, texture: log2 of the
    contrast between neighbours over that at 2 and at 8 pixels, lower where blurred. down, across: shift of the view, as
    shares of its side, coherence, likeness and gain: see Place. The last five are 0 where there is no usual view.
    """

    mean: float
    median: float
    upper: float
    fine: float
    texture: float
    down: float = 0.0
    across: float = 0.0
    coherence: float = 0.0
    likeness: float = 0.0
    gain: float = 0.0

    def as_json(self) -> dict[str, float]:
        """Return plain values, rounded: what is stored of every frame."""
        return {name: round(value, DECIMALS) for name, value in asdict(self).items()}


def _linear_light() -> NDArray[np.float64]:
    levels = np.arange(256) / 255
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - sRGB (IEC 61966-2-1)


LINEAR = _linear_light()
# A level's light in stops; black is as dark as the first level above it.
STOPS = np.log2(LINEAR[np.maximum(np.arange(256), 1)])
NOWHERE = Place(0.0, 0.0, 0.0, 0.0, 0.0)
DARKEST_STOP, BRIGHTEST_STOP = float(STOPS[1]), float(STOPS[250])


def luma_of(pixels: Pixels) -> Image.Image:
    """Return the luma (ITU-R 601-2) of (H, W, 3) RGB pixels."""
    return Image.fromarray(np.ascontiguousarray(pixels)).convert("L")


def measure_signs(luma: Image.Image, reference: ViewReference | None) -> CameraSigns:
    """Measure one frame, as the square the network sees."""
    shares = np.cumsum(luma.histogram())
    total = int(shares[-1])
    counts = np.diff(shares, prepend=0)
    median, upper = (STOPS[int(np.searchsorted(shares, share * total))] for share in (0.5, 0.75))
    mean = np.log2(max(float(counts @ LINEAR) / total, float(LINEAR[1])))
    fine, texture = _sharpness(np.asarray(luma))
    place = reference.place(small_view(luma)) if reference else NOWHERE
    return CameraSigns(float(mean), float(median), float(upper), fine, texture, *astuple(place))


def _sharpness(grey: Pixels) -> tuple[float, float]:
    """Return contrast between neighbours against that at two longer distances, along some rows and columns."""
    step = max(1, min(grey.shape) // LINES)
    shortest = min(grey.shape)
    rows = grey[::step, :shortest].astype(np.int16)
    columns = grey.T[::step, :shortest].astype(np.int16)
    lines = np.concatenate([rows, columns])
    near = lines[:, 1:] - lines[:, :-1]
    bend = _size(near[:, 1:] - near[:, :-1]) + 0.05
    fine = bend / (_size(near[:, 1:] + near[:, :-1]) + 0.2)
    texture = bend / (_size(lines[:, BROAD_LAG:] - lines[:, :-BROAD_LAG]) + 0.2)
    return float(np.log2(fine)), float(np.log2(texture))


def _size(differences: NDArray[np.int16]) -> float:
    return float(np.abs(differences).sum(dtype=np.int64)) / differences.size
