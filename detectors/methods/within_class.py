"""PatchCore in a metric learned from how good images differ: what varies among them counts less.

Within-class whitening (Hatch and Stolcke, Generalized Linear Kernels, ICASSP 2006, call it within-class covariance
normalisation), a class being the patches of different good images that are nearest to each other.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.methods.neighbours import Bank
from detectors.methods.patchcore import FittedPatchCore, PatchCore
from detectors.methods.port import (
    Arrays,
    EmbeddedImage,
    FitChoices,
    FittedMethod,
    Floats,
    MethodScore,
    NearestPatch,
    Origin,
    PatchGrid,
)

# Part of the mean variance, added to every direction: one that hardly varies must not outweigh all others.
RIDGE = 0.3
MOST_IMAGES = 16
MOST_PAIRS = 4096


class WithinClass:
    """Remember normal patches as PatchCore does, after weighing down the directions in which good images differ."""

    name: ClassVar[str] = "within_class"
    needs_whole_images: ClassVar[bool] = False
    # Two to learn the metric from, whichever one is held out.
    fewest_images: ClassVar[int] = 3

    def fit(self, images: Sequence[Floats], choices: FitChoices) -> FittedMethod:
        """Learn the metric and the bank from each image's patch rows (n, D); raise ValueError from fewer than two."""
        metric = learn_metric(images, choices.seed)
        return FittedWithinClass(metric, PatchCore().fit([rows @ metric for rows in images], choices))

    def cross_fit(
        self, images: Sequence[Floats], folds: Sequence[NDArray[np.intp]], choices: FitChoices
    ) -> Iterator[FittedMethod]:
        """Learn metric and bank, fold after fold of image indices, from every image outside it."""
        for fold in folds:
            held_out = set(fold.tolist())
            yield self.fit([rows for index, rows in enumerate(images) if index not in held_out], choices)

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        metric = arrays["metric"].astype(np.float32)
        if metric.shape != (arrays["bank"].shape[-1],) * 2:
            message = "the metric must be square, and as wide as the bank"
            raise ValueError(message)
        return FittedWithinClass(metric, PatchCore().restore(arrays))


class FittedWithinClass:
    """A metric (D, D), and what PatchCore remembers of rows multiplied by it."""

    def __init__(self, metric: Floats, base: FittedPatchCore) -> None:
        self._metric = metric
        self._base = base

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return PatchCore's scores in the metric."""
        return self._base.score(self._in_metric(image))

    def exact_patches(self, image: EmbeddedImage, patches: Floats | None = None, above: float = 0.0) -> Floats:
        """Return every patch's distance (height, width) to the nearest remembered one in the metric."""
        return self._base.exact_patches(self._in_metric(image), patches, above)

    def _in_metric(self, image: EmbeddedImage) -> EmbeddedImage:
        rows = image.grid.rows @ self._metric
        return EmbeddedImage(image.square, PatchGrid(rows, image.grid.height, image.grid.width))

    def nearest_normal(self, patch: Floats) -> NearestPatch:
        """Return the remembered patch nearest to this one (D,) in the metric."""
        return self._base.nearest_normal(patch @ self._metric)

    def grown(self, images: Sequence[Floats], choices: FitChoices, *, known: int) -> "FittedWithinClass":
        """Return the same with more images' patches in the bank, in the same metric."""
        grown = self._base.grown([rows @ self._metric for rows in images], choices, known=known)
        return FittedWithinClass(self._metric, grown)

    def with_origins(self, origins: Sequence[Origin]) -> "FittedWithinClass":
        """Return the same with the bank's images and places renumbered."""
        return FittedWithinClass(self._metric, self._base.with_origins(origins))

    def arrays(self) -> Arrays:
        """Return the metric and the bank."""
        return {**self._base.arrays(), "metric": self._metric}


def learn_metric(images: Sequence[Floats], seed: int) -> Floats:
    """Return W = (S + ridge I)^(-1/2), scaled to a mean square of 1 a direction (D, D).

    S = E[(x - x')(x - x')^T] over patches x of one image and the nearest patch x' of the other images, at most
    MOST_IMAGES of them and MOST_PAIRS pairs drawn by the seed. Raise ValueError where there is only one image.
    """
    if len(images) < 2:  # noqa: PLR2004 - a pair
        message = "a metric takes two images at least"
        raise ValueError(message)
    generator = np.random.default_rng(seed)
    used = [images[index] for index in generator.permutation(len(images))[:MOST_IMAGES]]
    differences = np.concatenate([_differences(used, index, generator) for index in range(len(used))])
    spread = (differences.T @ differences / len(differences)).astype(np.float64)
    dimensions = len(spread)
    mean = max(float(np.trace(spread)) / dimensions, float(np.finfo(np.float32).tiny))
    values, vectors = np.linalg.eigh(spread + RIDGE * mean * np.eye(dimensions))
    metric = (vectors / np.sqrt(values)) @ vectors.T
    scaled: Floats = (metric / np.sqrt(np.square(metric).sum() / dimensions)).astype(np.float32)
    return scaled


def _differences(images: Sequence[Floats], index: int, generator: np.random.Generator) -> Floats:
    rows = images[index]
    drawn = rows[generator.permutation(len(rows))[: max(1, MOST_PAIRS // len(images))]]
    others = np.concatenate([other for place, other in enumerate(images) if place != index])
    _, nearest = Bank(others).nearest_neighbours(drawn, 1)
    difference: Floats = drawn - others[nearest[:, 0]]
    return difference
