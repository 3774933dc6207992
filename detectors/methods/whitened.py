"""PatchCore on whitened patches: what varies much among good parts counts for less, what never varies for more."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

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

# Of the mean variance: directions that hardly vary are mostly noise, and must not be blown up.
SHRINKAGE = 0.1


class Whitened:
    """Whiten all patches by their covariance over good images, then remember and compare them as PatchCore does."""

    name: ClassVar[str] = "whitened"
    needs_whole_images: ClassVar[bool] = False
    fewest_images: ClassVar[int] = PatchCore.fewest_images

    def fit(self, images: Sequence[Floats], choices: FitChoices) -> "FittedWhitened":
        """Learn from each image's patch rows (n, D)."""
        mean, whitening = estimate_whitening(images)
        fitted = PatchCore().fit([whiten(rows, mean, whitening) for rows in images], choices)
        return FittedWhitened(fitted, mean, whitening)

    def cross_fit(
        self, images: Sequence[Floats], folds: Sequence[NDArray[np.intp]], choices: FitChoices
    ) -> Iterator[FittedMethod]:
        """Learn, fold after fold of image indices, from every image outside it, under one whitening."""
        mean, whitening = estimate_whitening(images)
        for fitted in PatchCore().cross_fit([whiten(rows, mean, whitening) for rows in images], folds, choices):
            yield FittedWhitened(fitted, mean, whitening)

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        mean, whitening = arrays["whitening_mean"].astype(np.float32), arrays["whitening"].astype(np.float32)
        return FittedWhitened(PatchCore().restore(arrays), mean, whitening)


class FittedWhitened:
    """A fitted PatchCore, and what to do with patches before: subtract mean (D,), multiply by whitening (D, D)."""

    def __init__(self, fitted: FittedPatchCore, mean: Floats, whitening: Floats) -> None:
        if whitening.shape != (len(mean), len(mean)):
            message = "the whitening must be square, and as wide as the mean"
            raise ValueError(message)
        self._fitted, self._mean, self._whitening = fitted, mean, whitening

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return what PatchCore says of the whitened patches."""
        return self._fitted.score(self._whitened(image))

    def exact_patches(self, image: EmbeddedImage, patches: Floats | None = None, above: float = 0.0) -> Floats:
        """Return every whitened patch's distance (height, width) to the nearest remembered one."""
        return self._fitted.exact_patches(self._whitened(image), patches, above)

    def _whitened(self, image: EmbeddedImage) -> EmbeddedImage:
        rows = whiten(image.grid.rows, self._mean, self._whitening)
        return EmbeddedImage(image.square, PatchGrid(rows, image.grid.height, image.grid.width))

    def nearest_normal(self, patch: Floats) -> NearestPatch:
        """Return the remembered patch nearest to this one (D,) once both are whitened."""
        return self._fitted.nearest_normal(whiten(patch[None], self._mean, self._whitening)[0])

    def grown(self, images: Sequence[Floats], choices: FitChoices, *, known: int) -> "FittedWhitened":
        """Return the same with more images' patches in the bank, under the same whitening."""
        whitened = [whiten(rows, self._mean, self._whitening) for rows in images]
        return FittedWhitened(self._fitted.grown(whitened, choices, known=known), self._mean, self._whitening)

    def with_origins(self, origins: Sequence[Origin]) -> "FittedWhitened":
        """Return the same with the bank's images and places renumbered."""
        return FittedWhitened(self._fitted.with_origins(origins), self._mean, self._whitening)

    def arrays(self) -> Arrays:
        """Return the whitening and PatchCore's own arrays."""
        return {**self._fitted.arrays(), "whitening_mean": self._mean, "whitening": self._whitening}


def whiten(rows: Floats, mean: Floats, whitening: Floats) -> Floats:
    """Return patches (n, D) as seen from their mean, in units of how they vary."""
    whitened: Floats = np.matmul(rows - mean, whitening, dtype=np.float32)
    return whitened


def estimate_whitening(images: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return the mean (D,) of all rows (n, D), and V (L + .1 mean(L))^-1/2 of their covariance V L V^T: (D, D)."""
    if not images:
        message = "there is no image to learn from"
        raise ValueError(message)
    count = sum(len(rows) for rows in images)
    mean = sum((rows.sum(axis=0, dtype=np.float64) for rows in images), np.zeros(images[0].shape[1])) / count
    covariance = np.zeros((len(mean), len(mean)))
    for rows in images:
        centred = rows - mean
        covariance += centred.T @ centred
    variances, directions = np.linalg.eigh(covariance / count)
    floor = max(SHRINKAGE * float(variances.mean()), np.finfo(np.float32).tiny)
    whitening = directions / np.sqrt(np.maximum(variances, 0) + floor)
    return mean.astype(np.float32), whitening.astype(np.float32)
