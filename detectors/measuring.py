"""Score the test images of a category, one by one, and keep what every figure and picture is made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detectors.baselines import TrivialFigures, measure_trivial
from detectors.dataset import Category, TestImage
from detectors.decode import DecodeError, Decoder
from detectors.heatmap import LEGEND_HEIGHT, render_heatmap
from detectors.masks import read_mask
from detectors.metrics import is_peak_inside
from detectors.scoring import Detector, ScoredImage
from storage.records import Verdict

# One patch of the coarsest stride, in pixels of the map.
PATCH_SIDE = 16
SHOWN_EACH = 6
PICTURE_SIDE = 360
COLOURS = 128


@dataclass(frozen=True, slots=True)
class JudgedImage:
    """A test image and what a detector said of it.

    peak_is_inside: whether the map's peak lies in the mask widened by one patch; None without a mask.
    """

    image: TestImage
    score: float
    is_alarm: bool
    milliseconds: float
    trivial: TrivialFigures
    peak_is_inside: bool | None


@dataclass
class Measured:
    """What scoring the test images gave; maps and masks are those of good images and of defects with a mask."""

    threshold: float
    images: list[JudgedImage] = field(default_factory=list)
    maps: list[NDArray[np.float32]] = field(default_factory=list)
    masks: list[NDArray[np.bool_]] = field(default_factory=list)

    @property
    def labels(self) -> NDArray[np.bool_]:
        """True for each defect, in the order of `images`."""
        return np.array([one.image.is_defect for one in self.images], dtype=bool)

    @property
    def scores(self) -> NDArray[np.float64]:
        """The raw scores, in the order of `images`."""
        return np.array([one.score for one in self.images], dtype=np.float64)

    @property
    def alarms(self) -> NDArray[np.bool_]:
        """True for each image above the threshold, in the order of `images`."""
        return np.array([one.is_alarm for one in self.images], dtype=bool)


class Outcome(StrEnum):
    """Why a picture is shown."""

    MISS = "miss"
    FALSE_ALARM = "false alarm"
    HIT = "hit"


@dataclass(frozen=True, slots=True)
class Picture:
    """An image under its anomaly map, as a PNG."""

    outcome: Outcome
    name: str
    kind: str
    score: float
    png: bytes


def measure(
    detector: Detector, category: Category, decoder: Decoder, progress: Callable[[str, int, int], None]
) -> Measured:
    """Score every test image, decode to verdict; unreadable ones are left out; raise MaskError."""
    measured = Measured(detector.threshold)
    for done, image in enumerate(category.test):
        progress("score", done, len(category.test))
        started = perf_counter()
        try:
            pixels = decoder.decode(image.path).pixels
        except DecodeError:
            continue
        scored = detector.inspect(pixels)
        milliseconds = (perf_counter() - started) * 1000
        _add(measured, image, pixels, scored, milliseconds, _mask_for(image, pixels, scored, decoder))
    progress("score", len(category.test), len(category.test))
    return measured


def choose_pictures(images: Sequence[JudgedImage]) -> dict[Outcome, list[JudgedImage]]:
    """Return at most six of each: defects missed with the lowest scores, the highest false alarms, the highest hits."""
    by_score = sorted(images, key=lambda one: one.score)
    missed = [one for one in by_score if one.image.is_defect and not one.is_alarm]
    false = [one for one in reversed(by_score) if not one.image.is_defect and one.is_alarm]
    found = [one for one in reversed(by_score) if one.image.is_defect and one.is_alarm]
    chosen = {Outcome.MISS: missed, Outcome.FALSE_ALARM: false, Outcome.HIT: found}
    return {outcome: ones[:SHOWN_EACH] for outcome, ones in chosen.items()}


def draw_pictures(detector: Detector, images: Sequence[JudgedImage], decoder: Decoder) -> tuple[Picture, ...]:
    """Return heatmaps of the images worth looking at; they are scored once more, so that no pixels need be kept."""
    chosen = choose_pictures(images)
    return tuple(_draw(detector, decoder, outcome, ones) for outcome in chosen for ones in chosen[outcome])


def _draw(detector: Detector, decoder: Decoder, outcome: Outcome, judged: JudgedImage) -> Picture:
    image = judged.image
    pixels = decoder.decode(image.path).pixels
    drawn: Image.Image = Image.open(BytesIO(render_heatmap(pixels, detector.inspect(pixels))))
    # The scale would be too small to read; the report explains the colours once.
    drawn = drawn.crop((0, 0, drawn.width, drawn.height - LEGEND_HEIGHT))
    drawn.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    # A palette makes a third of the size; a report holds hundreds.
    buffer = BytesIO()
    drawn.quantize(COLOURS).save(buffer, format="PNG", optimize=True)
    return Picture(outcome, image.path.name, image.kind, judged.score, buffer.getvalue())


def _mask_for(
    image: TestImage, pixels: NDArray[np.uint8], scored: ScoredImage, decoder: Decoder
) -> NDArray[np.bool_] | None:
    if not image.is_defect:
        return np.zeros(scored.anomaly_map.shape, dtype=bool)
    if image.mask is None:
        return None
    size = (pixels.shape[0], pixels.shape[1])
    return read_mask(image.mask, decoder, size=size, shape=scored.anomaly_map.shape)


def _add(
    measured: Measured,
    image: TestImage,
    pixels: NDArray[np.uint8],
    scored: ScoredImage,
    milliseconds: float,
    mask: NDArray[np.bool_] | None,
) -> None:
    is_inside = None
    if mask is not None:
        measured.maps.append(scored.anomaly_map)
        measured.masks.append(mask)
        # A mask thinner than a pixel of the map is gone from it: nothing can be said of the peak.
        is_inside = is_peak_inside(scored.anomaly_map, mask, PATCH_SIDE) if mask.any() else None
    is_alarm = scored.verdict is Verdict.ANOMALOUS
    trivial = measure_trivial(pixels, image.path)
    measured.images.append(JudgedImage(image, scored.score, is_alarm, milliseconds, trivial, is_inside))
