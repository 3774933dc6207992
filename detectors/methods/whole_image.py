"""The whole image as one point: pooled features under one Gaussian (Rippel et al., ICPR 2020, in one scale)."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.methods.port import Arrays, EmbeddedImage, FitChoices, FittedMethod, Floats, MethodScore

REGULARISATION = 1e-6


class WholeImage:
    """Learn how pooled features of good images spread; an image is as odd as its Mahalanobis distance from them."""

    name: ClassVar[str] = "whole_image"
    needs_whole_images: ClassVar[bool] = True
    fewest_images: ClassVar[int] = 8

    def fit(self, images: Sequence[Floats], choices: FitChoices) -> FittedMethod:  # noqa: ARG002 - it draws nothing
        """Learn from each image's patch rows (n, D)."""
        return _fitted(*_statistics(images))

    def cross_fit(
        self,
        images: Sequence[Floats],
        folds: Sequence[NDArray[np.intp]],
        choices: FitChoices,  # noqa: ARG002 - it draws nothing
    ) -> Iterator[FittedMethod]:
        """Learn, fold after fold of image indices, from every image outside it."""
        points, spreads = _statistics(images)
        for fold in folds:
            kept = np.setdiff1d(np.arange(len(images)), fold)
            yield _fitted(points[kept], spreads[kept])

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        names = ("mean", "whitening", "patch_mean", "patch_spread")
        return FittedWholeImage(*(arrays[name].astype(np.float32) for name in names))


class FittedWholeImage:
    """mean (2 D,) and whitening (2 D, 2 D) of images; mean and standard deviation (D,) of all their patches."""

    def __init__(self, mean: Floats, whitening: Floats, patch_mean: Floats, patch_spread: Floats) -> None:
        if whitening.shape != (len(mean), len(mean)) or len(mean) != 2 * len(patch_mean):
            message = "the whitening must be square, and as wide as mean and maximum together"
            raise ValueError(message)
        self._mean, self._whitening = mean, whitening
        self._patch_mean, self._patch_spread = patch_mean, patch_spread

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return the image's Mahalanobis distance; a patch is as odd as its distance from the mean patch."""
        rows = image.grid.rows
        distance = float(np.linalg.norm(self._whitening @ (pool(rows) - self._mean)))
        patches: Floats = np.linalg.norm((rows - self._patch_mean) / self._patch_spread, axis=1)
        return MethodScore(distance, patches.reshape(image.grid.height, image.grid.width))

    def arrays(self) -> Arrays:
        """Return the statistics of images and patches."""
        return {
            "mean": self._mean,
            "whitening": self._whitening,
            "patch_mean": self._patch_mean,
            "patch_spread": self._patch_spread,
        }


def pool(rows: Floats) -> Floats:
    """Return mean and maximum over patches (n, D), as one point (2 D,)."""
    pooled: Floats = np.concatenate([rows.mean(axis=0), rows.max(axis=0)])
    return pooled


def _statistics(images: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return each image's point (N, 2 D) and the mean square of its patches (N, D)."""
    if not images:
        message = "there is no image to learn from"
        raise ValueError(message)
    squares = np.stack([np.square(rows).mean(axis=0) for rows in images])
    return np.stack([pool(rows) for rows in images]), squares


def _fitted(points: Floats, squares: Floats) -> FittedMethod:
    from sklearn.covariance import ledoit_wolf  # noqa: PLC0415 - a second to load, and only learning needs it

    mean = points.mean(axis=0)
    covariance, _ = ledoit_wolf(points.astype(np.float64))
    covariance += REGULARISATION * max(np.trace(covariance), REGULARISATION) * np.eye(len(mean))
    whitening = np.linalg.inv(np.linalg.cholesky(covariance)).astype(np.float32)
    patch_mean = mean[: squares.shape[1]]
    patch_spread = np.sqrt(np.maximum(squares.mean(axis=0) - np.square(patch_mean), REGULARISATION))
    return FittedWholeImage(mean, whitening, patch_mean, patch_spread)
