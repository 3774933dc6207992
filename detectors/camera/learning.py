"""What a source's camera is usually like, learnt from good images, and which faults that lets one tell."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from detectors.camera.checks import (
    FEWEST_IMAGES,
    WINDOW,
    CameraChecks,
    Usual,
    find_camera_fault,
)
from detectors.camera.knowledge import CameraKnowledge
from detectors.camera.signs import LINEAR, CameraSigns, luma_of, measure_signs
from detectors.camera.view import Place, ViewReference, learn_view, small_view
from storage.records import Fault

Pixels = NDArray[np.uint8]

# Good images that are spoilt on purpose, and how often five of them are drawn.
SPOILT, DRAWS = 32, 200
SHIFT, FAR, STOP, BLUR_PIXELS = 0.03, 0.1, 1.0, 3.0
# Levels of 255: a picture of black and white alone shows no more light, and that is no fault of any check.
UNCHANGED = 4.0
# Of what a made-up fault does to a sign: less may be the doing of odd parts; and too little shows nothing.
MOST_OF_IT, HALF_OF_IT, SHOWS, GAIN_SHOWS = 0.65, 0.5, 0.3, 0.05
SEED = 0
OUTLYING = 3.5
MAD_TO_SPREAD = 1.4826
# No sign is known better than this, however alike the good images are.
LEAST_SPREAD = {"mean": 0.03, "median": 0.03, "upper": 0.03, "fine": 0.03, "texture": 0.03}
LEAST_SPREAD |= {"down": 0.0015, "across": 0.0015, "likeness": 0.03, "gain": 0.01}


@dataclass(frozen=True, slots=True)
class _Kept:
    """A good image (S, S) to be spoilt, and what a blur of three pixels of its original is there."""

    grey: Pixels
    sigma: float


class CameraLearner:
    """Takes in good images one by one, small, and keeps some of them to be spoilt."""

    def __init__(self, images: int) -> None:
        self._every = max(1, images // SPOILT)
        self._signs: list[CameraSigns] = []
        self._views: list[Pixels] = []
        self._kept: list[_Kept] = []

    def take_in(self, square: Pixels, longest_side: int) -> None:
        """Take in one good image, as the square (S, S, 3) the network sees; longest_side: of the original, px."""
        luma = luma_of(square)
        if len(self._signs) % self._every == 0 and len(self._kept) < SPOILT:
            self._kept.append(_Kept(np.asarray(luma), BLUR_PIXELS * len(square) / longest_side))
        self._signs.append(measure_signs(luma, None))
        self._views.append(small_view(luma))

    def learn(self) -> CameraKnowledge:
        """Return what is usual, and how well faults made up from the good images can be told."""
        count = len(self._signs)
        if count < FEWEST_IMAGES:
            return CameraKnowledge(CameraChecks(count, {}), None)
        reference = learn_view(self._views)
        unseen = [replace(one, **asdict(place)) for one, place in zip(self._signs, _held_out(self._views), strict=True)]
        usual = {name: _usual([getattr(one, name) for one in unseen], least) for name, least in LEAST_SPREAD.items()}
        least = _least(self._kept, reference)
        everything = CameraChecks(count, usual, dict.fromkeys(MADE_UP, 1.0), least)
        named = {str(fault): _share_named(fault, self._kept, everything, reference) for fault in MADE_UP}
        return CameraKnowledge(replace(everything, named=named), reference)


def widen(before: CameraChecks, added: Sequence[CameraSigns]) -> CameraChecks:
    """Return what is usual with more good images, none of which the reference was made of."""
    if before.images < FEWEST_IMAGES or not added:
        return before
    return replace(
        before,
        images=before.images + len(added),
        usual={
            name: _joined(usual, before.images, [getattr(one, name) for one in added], LEAST_SPREAD[name])
            for name, usual in before.usual.items()
        },
    )


def move(grey: Pixels, down: float, across: float) -> Pixels:
    """Return a picture (H, W) or (H, W, 3) moved by shares of its sides, the edge repeated."""
    height, width = grey.shape[:2]
    rows = np.clip(np.arange(height) - round(down * height), 0, height - 1)
    columns = np.clip(np.arange(width) - round(across * width), 0, width - 1)
    moved: Pixels = grey[rows][:, columns]
    return moved


def expose(grey: Pixels, stops: float) -> Pixels:
    """Return a picture with so many stops more light, clipped."""
    light = np.clip(LINEAR * 2**stops, 0, 1)
    levels = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)  # noqa: PLR2004 - sRGB
    table: Pixels = np.round(levels * 255).astype(np.uint8)
    return table[grey]


def blur(grey: Pixels, sigma: float) -> Pixels:
    """Return a picture blurred by a Gaussian of so many pixels."""
    return np.asarray(Image.fromarray(grey).filter(ImageFilter.GaussianBlur(sigma)))


def _sideways(share: float) -> Sequence[Callable[[_Kept], Pixels]]:
    ways = ((share, 0.0), (-share, 0.0), (0.0, share), (0.0, -share))
    return [partial(lambda way, kept: move(kept.grey, *way), way) for way in ways]


MADE_UP: dict[Fault, Sequence[Callable[[_Kept], Pixels]]] = {
    Fault.EXPOSURE: (lambda kept: expose(kept.grey, STOP), lambda kept: expose(kept.grey, -STOP)),
    Fault.BLURRED: (lambda kept: blur(kept.grey, kept.sigma),),
    Fault.MOVED: _sideways(SHIFT),
}
FAR_AWAY = _sideways(FAR)


def _least(kept: Sequence[_Kept], reference: ViewReference) -> dict[str, float]:
    """Return most of what a made-up fault takes from each sign, or gives to coherence, where it shows."""
    before = _signs(kept, [lambda one: one.grey], reference)
    blurred, moved = (_signs(kept, MADE_UP[fault], reference) for fault in (Fault.BLURRED, Fault.MOVED))
    falls = {name: _change(before, blurred, name) for name in ("fine", "texture")}
    least = {name: round(MOST_OF_IT * fall, 3) for name, fall in falls.items() if MOST_OF_IT * fall >= SHOWS}
    gain = -MOST_OF_IT * _change(before, _signs(kept, FAR_AWAY, reference), "gain")
    coherence = HALF_OF_IT * float(np.median([one["coherence"] for one in moved]))
    return least | {"coherence": round(coherence, 4)} | ({"gain": round(gain, 4)} if gain >= GAIN_SHOWS else {})


def _signs(
    kept: Sequence[_Kept], spoils: Sequence[Callable[[_Kept], Pixels]], reference: ViewReference
) -> list[dict[str, float]]:
    """Return the signs of each image spoilt in each way, image by image within a way."""
    pictures = [Image.fromarray(spoil(one)) for spoil in spoils for one in kept]
    return [measure_signs(picture, reference).as_json() for picture in pictures]


def _change(before: Sequence[dict[str, float]], after: Sequence[dict[str, float]], name: str) -> float:
    """Return the median fall of a sign from one to the other; `after` holds all of `before` several times."""
    return float(np.median([before[index % len(before)][name] - one[name] for index, one in enumerate(after)]))


def _held_out(views: Sequence[Pixels]) -> list[Place]:
    """Return where each view lies against a reference of views without it: every other one in turn."""
    halves = [learn_view(views[1::2]), learn_view(views[::2])]
    return [halves[index % 2].place(view) for index, view in enumerate(views)]


def _usual(values: Sequence[float], least: float) -> Usual:
    """Return centre and spread; good images that stand out are drawn in first."""
    found = np.array(values)
    middle = np.median(found)
    reach = OUTLYING * max(MAD_TO_SPREAD * float(np.median(np.abs(found - middle))), least)
    kept = np.clip(found, middle - reach, middle + reach)
    return Usual(float(kept.mean()), max(float(kept.std(ddof=1)), least))


def _joined(before: Usual, images: int, values: Sequence[float], least: float) -> Usual:
    found = np.clip(values, before.centre - 6 * before.spread, before.centre + 6 * before.spread)
    count = images + len(found)
    centre = (images * before.centre + float(found.sum())) / count
    squares = images * (before.spread**2 + (before.centre - centre) ** 2) + float(((found - centre) ** 2).sum())
    return Usual(centre, max((squares / count) ** 0.5, least))


def _share_named(fault: Fault, kept: Sequence[_Kept], checks: CameraChecks, reference: ViewReference) -> float:
    """Return the share of made-up faults that five frames in a row would show."""
    generator = np.random.default_rng(SEED)
    shares = []
    for spoil in MADE_UP[fault]:
        if fault is Fault.EXPOSURE and _changes_nothing(kept, spoil):
            continue
        signs = _signs(kept, [spoil], reference)
        windows = [generator.integers(len(signs), size=WINDOW) for _ in range(DRAWS)]
        found = [find_camera_fault([signs[index] for index in window], checks) for window in windows]
        shares.append(sum(one is not None and one.fault == fault for one in found) / DRAWS)
    return float(np.mean(shares)) if shares else 0.0


def _changes_nothing(kept: Sequence[_Kept], spoil: Callable[[_Kept], Pixels]) -> bool:
    changes = [float(np.abs(one.grey.astype(np.int16) - spoil(one).astype(np.int16)).mean()) for one in kept]
    return float(np.median(changes)) < UNCHANGED
