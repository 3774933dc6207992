"""Made-up defects on good images: what a detector would have to notice, without a single real defect at hand.

Cut and paste after Li et al. (CutPaste, CVPR 2021), blobs of another texture under thresholded noise after Zavrtanik
et al. (DRAEM, ICCV 2021), scratches and spots as drawn lines and ellipses. Sizes and strengths are drawn log-uniformly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import gaussian_filter, zoom

Pixels = NDArray[np.uint8]
Painter = Callable[[Pixels, Pixels, np.random.Generator], tuple[NDArray[np.floating], NDArray[np.floating]]]

CUT_PASTE = "cut_paste"
SIZES = (0.05, 0.4)
# Large images are taken for the sake of small things.
SMALLEST_PIXELS, LARGEST_PIXELS = 38.0, 300.0
THICKNESSES = (0.004, 0.02)
THINNEST_PIXELS, THICKEST_PIXELS = 3.0, 15.0
STRENGTHS = (0.3, 1.0)
LIGHTEST_CHANGE = 20.0
NOISE_CELLS = (2, 6)


@dataclass(frozen=True, slots=True)
class SyntheticDefect:
    """A good image with a made-up defect.

    pixels (H, W, 3); mask (H, W), True where it was changed; visibility: the mean change over the image, 0 to 255.
    """

    pixels: Pixels
    mask: NDArray[np.bool_]
    kind: str
    visibility: float


def make_defect(good: Pixels, other: Pixels, kind: str, generator: np.random.Generator) -> SyntheticDefect:
    """Return `good` (H, W, 3) with one defect of a kind of KINDS; `other` lends its texture and may be the same."""
    if other.shape != good.shape:
        side = (good.shape[1], good.shape[0])
        other = np.asarray(Image.fromarray(other).resize(side, Image.Resampling.BILINEAR))
    paint, cover = KINDS[kind](good, other, generator)
    mixed = good * (1 - cover[..., None]) + np.clip(paint, 0, 255) * cover[..., None]
    pixels = np.rint(mixed).astype(np.uint8)
    change = np.abs(pixels.astype(np.int16) - good).max(axis=2)
    return SyntheticDefect(pixels, change > 0, kind, float(change.mean()))


def make_defects(good: Sequence[Pixels], seed: int) -> list[SyntheticDefect]:
    """Return a defect on each image, every other one cut and pasted, textures from the next image."""
    generator = np.random.default_rng(seed)
    return [
        make_defect(pixels, good[(index + 1) % len(good)], IN_TURN[index % len(IN_TURN)], generator)
        for index, pixels in enumerate(good)
    ]


def _cut_paste(
    good: Pixels, other: Pixels, generator: np.random.Generator
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    height, width = good.shape[:2]
    high, wide = _length(height, generator), _length(width, generator)
    source = good if generator.random() < 0.5 else other  # noqa: PLR2004 - half of them
    piece = _crop(source, high, wide, generator)
    piece = np.rot90(piece, 2 * int(generator.integers(2)))[:, :: int(generator.choice([-1, 1]))]
    top, left = int(generator.integers(height - high + 1)), int(generator.integers(width - wide + 1))
    paint = good.astype(np.float64)
    paint[top : top + high, left : left + wide] = piece * generator.uniform(0.8, 1.2)
    cover = np.zeros((height, width))
    cover[top : top + high, left : left + wide] = 1.0
    return paint, cover


def _texture(
    good: Pixels, other: Pixels, generator: np.random.Generator
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    height, width = good.shape[:2]
    paint = np.roll(other, generator.integers(1, max(2, min(height, width)), size=2), axis=(0, 1))[::-1].astype(float)
    paint = paint + _change(generator)
    window = _spot_cover(height, width, generator, largest=2.0)
    noise = _smooth_noise(height, width, generator)
    return paint, (noise > np.quantile(noise, 0.5)) * (window > 0) * _log_uniform(STRENGTHS, generator)


def _scratch(
    good: Pixels, _other: Pixels, generator: np.random.Generator
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    height, width = good.shape[:2]
    canvas = Image.new("L", (width, height))
    points = [generator.uniform([0, 0], [width, height])]
    heading = generator.uniform(0, 2 * np.pi)
    for _ in range(int(generator.integers(3, 7))):
        heading += generator.normal(scale=0.5)
        step = _log_uniform(SIZES, generator) * min(height, width) * 0.5
        points.append(points[-1] + step * np.array([np.cos(heading), np.sin(heading)]))
    side = min(height, width)
    thicknesses = min(THICKNESSES[0], THINNEST_PIXELS / side), min(THICKNESSES[1], THICKEST_PIXELS / side)
    thickness = max(1, round(side * _log_uniform(thicknesses, generator)))
    ImageDraw.Draw(canvas).line([tuple(point) for point in points], fill=255, width=thickness, joint="curve")
    cover = np.asarray(canvas.filter(ImageFilter.GaussianBlur(thickness / 3)), dtype=np.float64) / 255
    return good + _change(generator), cover


def _spot(
    good: Pixels, _other: Pixels, generator: np.random.Generator
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    return good + _change(generator), _spot_cover(good.shape[0], good.shape[1], generator, largest=0.6)


def _spot_cover(height: int, width: int, generator: np.random.Generator, *, largest: float) -> NDArray[np.float64]:
    """Return a soft-edged ellipse (H, W), 0 to 1; `largest` scales the sizes."""
    rows, columns = np.mgrid[:height, :width]
    centre = generator.uniform([0, 0], [height, width])
    half = np.maximum(1.0, [_length(height, generator) * largest / 2, _length(width, generator) * largest / 2])
    distance = np.hypot((rows - centre[0]) / half[0], (columns - centre[1]) / half[1])
    cover: NDArray[np.float64] = np.clip(2 * (1 - distance), 0, 1)
    return cover


def _smooth_noise(height: int, width: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return noise (H, W) that is smooth over a few cells across the image."""
    cells = int(generator.integers(*NOISE_CELLS)) * 4
    coarse = gaussian_filter(generator.normal(size=(cells, cells)), 0.7)
    noise: NDArray[np.float64] = zoom(coarse, (height / cells, width / cells), order=1)[:height, :width]
    return noise


def _change(generator: np.random.Generator) -> NDArray[np.float64]:
    """Return a change of brightness (3,), up or down, mostly grey."""
    size = _log_uniform((LIGHTEST_CHANGE, 100.0), generator) * generator.choice([-1, 1])
    change: NDArray[np.float64] = size * generator.uniform(0.8, 1.2, size=3)
    return change


def _crop(pixels: Pixels, high: int, wide: int, generator: np.random.Generator) -> Pixels:
    top = int(generator.integers(pixels.shape[0] - high + 1))
    left = int(generator.integers(pixels.shape[1] - wide + 1))
    return pixels[top : top + high, left : left + wide]


def _length(side: int, generator: np.random.Generator) -> int:
    sizes = min(SIZES[0], SMALLEST_PIXELS / side), min(SIZES[1], LARGEST_PIXELS / side)
    return min(side, max(2, round(side * _log_uniform(sizes, generator))))


def _log_uniform(bounds: tuple[float, float], generator: np.random.Generator) -> float:
    return float(np.exp(generator.uniform(*np.log(bounds))))


KINDS: dict[str, Painter] = {CUT_PASTE: _cut_paste, "texture": _texture, "scratch": _scratch, "spot": _spot}
# Pieces of the image itself are told apart about as hardly as real defects; foreign strokes stand out more.
IN_TURN = tuple(kind for other in KINDS if other != CUT_PASTE for kind in (CUT_PASTE, other))
