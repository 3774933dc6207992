"""PatchCore and PaDiM over the same patches: what has a place is judged by its place, what moves by its look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.methods.padim import PaDiM
from detectors.methods.patchcore import PatchCore
from detectors.methods.port import (
    Arrays,
    Bounds,
    EmbeddedImage,
    FitChoices,
    FittedMethod,
    Floats,
    Grows,
    Method,
    MethodScore,
    NearestPatch,
    Origin,
    PatchGrid,
    Remembers,
)
from detectors.methods.top_mean import HIGHEST, top_mean

MEMBERS: tuple[Method, ...] = (PatchCore(), PaDiM())
# PatchCore draws the sharper map; a fifth of PaDiM is enough to notice what is out of its place.
WEIGHTS = (0.8, 0.2)
NO_SQUARE = np.empty((0, 0, 3), dtype=np.uint8)
SMALLEST_SPREAD = 1e-6
# Learned from too small a part, distances of others would be larger than those of the whole.
PARTS = 4
MOST_SCORED = 64


@dataclass(frozen=True, slots=True)
class PatchScale:
    """Mean and standard deviation of a member's patch scores over good images that it had not learned from."""

    mean: float
    spread: float

    def of(self, patches: Floats) -> Floats:
        """Return patch scores in standard deviations from normal."""
        standard: Floats = ((patches - self.mean) / self.spread).astype(np.float32)
        return standard


class Blend:
    """Average the standardised patch scores of both; an image is as odd as the mean of its highest patches."""

    name: ClassVar[str] = "blend"
    needs_whole_images: ClassVar[bool] = True
    fewest_images: ClassVar[int] = PaDiM.fewest_images

    def fit(self, images: Sequence[Floats], choices: FitChoices) -> "FittedBlend":
        """Learn from each image's patch rows (n, D), all images of the same n."""
        scales = measure_scales(images, choices)
        return FittedBlend([member.fit(images, choices) for member in MEMBERS], scales, choices.highest)

    def cross_fit(
        self, images: Sequence[Floats], folds: Sequence[NDArray[np.intp]], choices: FitChoices
    ) -> Iterator[FittedMethod]:
        """Learn, fold after fold of image indices, from every image outside it, under one pair of scales."""
        scales = measure_scales(images, choices)
        for fitted in zip(*(member.cross_fit(images, folds, choices) for member in MEMBERS), strict=True):
            yield FittedBlend(fitted, scales, choices.highest)

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        scales = [PatchScale(*row) for row in arrays["patch_scales"].astype(np.float64).tolist()]
        return FittedBlend([member.restore(arrays) for member in MEMBERS], scales, int(arrays["highest"].item()))


class FittedBlend:
    """Fitted members, a scale for each, and of how many patches an image's score is the mean."""

    def __init__(self, members: Sequence[FittedMethod], scales: Sequence[PatchScale], highest: int) -> None:
        if len(members) != len(scales):
            message = "every member needs a scale"
            raise ValueError(message)
        self._members, self._scales = members, scales
        self._highest = highest or HIGHEST

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return the mean of the highest blended patch scores, in standard deviations, and all of them."""
        found = [_exact(member, image) for member in self._members]
        standard = [scale.of(patches) for scale, patches in zip(self._scales, found, strict=True)]
        patches: Floats = np.average(standard, axis=0, weights=WEIGHTS).astype(np.float32)
        return MethodScore(top_mean(patches, self._highest), patches)

    def nearest_normal(self, patch: Floats) -> NearestPatch | None:
        """Return the patch nearest to this one (D,) that a member remembers."""
        memory = next((member for member in self._members if isinstance(member, Remembers)), None)
        return None if memory is None else memory.nearest_normal(patch)

    def with_origins(self, origins: Sequence[Origin]) -> "FittedBlend":
        """Return the same with the memory's images and places renumbered."""
        members = [one.with_origins(origins) if isinstance(one, Remembers) else one for one in self._members]
        return FittedBlend(members, self._scales, self._highest)

    def grown(self, images: Sequence[Floats], choices: FitChoices, *, known: int) -> "FittedBlend":
        """Return both members grown, under the scales they had: earlier scores stay comparable; raise MethodError."""
        members = [one.grown(images, choices, known=known) for one in self._members if isinstance(one, Grows)]
        return FittedBlend(members, self._scales, self._highest)

    def arrays(self) -> Arrays:
        """Return the members' arrays and their scales."""
        merged: Arrays = {}
        for member in self._members:
            merged |= member.arrays()
        merged["patch_scales"] = np.array([(scale.mean, scale.spread) for scale in self._scales])
        merged["highest"] = np.array([self._highest])
        return merged


def measure_scales(images: Sequence[Floats], choices: FitChoices) -> list[PatchScale]:
    """Return each member's scale: every quarter of the images is scored by what was learned from the other three."""
    order = np.random.default_rng(choices.seed).permutation(len(images))
    parts = [np.sort(part) for part in np.array_split(order, PARTS)]
    return [_measure(member, images, parts, choices) for member in MEMBERS]


def _measure(
    member: Method, images: Sequence[Floats], parts: Sequence[NDArray[np.intp]], choices: FitChoices
) -> PatchScale:
    found = []
    for part, fitted in zip(parts, member.cross_fit(images, parts, choices), strict=True):
        some = part[: MOST_SCORED // PARTS]
        found += [_exact(fitted, _in_a_row(images[index])).ravel() for index in some]
    scores = np.concatenate(found)
    return PatchScale(float(scores.mean()), max(float(scores.std()), SMALLEST_SPREAD))


def _exact(member: FittedMethod, image: EmbeddedImage) -> Floats:
    return member.exact_patches(image) if isinstance(member, Bounds) else member.score(image).patches


def _in_a_row(rows: Floats) -> EmbeddedImage:
    """Return patches whose places do not matter here."""
    return EmbeddedImage(NO_SQUARE, PatchGrid(rows, 1, len(rows)))
