"""PaDiM (Defard et al., A Patch Distribution Modeling Framework, ICPR 2021): one Gaussian for each position."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.methods.port import Arrays, EmbeddedImage, FitChoices, FittedMethod, Floats, MethodError, MethodScore
from detectors.methods.top_mean import top_mean

# As many as the paper's smaller setting; more told defects apart no better, and the covariances grow with their square.
MOST_DIMENSIONS = 100


class PaDiM:
    """Learn how each position looks; a patch is as odd as its Mahalanobis distance there."""

    name: ClassVar[str] = "padim"
    needs_whole_images: ClassVar[bool] = True
    fewest_images: ClassVar[int] = 8

    def fit(self, images: Sequence[Floats], choices: FitChoices) -> FittedMethod:
        """Learn from each image's patch rows (n, D), all images of the same n."""
        return _fitted(*_stacked(images, choices.seed))

    def cross_fit(
        self, images: Sequence[Floats], folds: Sequence[NDArray[np.intp]], choices: FitChoices
    ) -> Iterator[FittedMethod]:
        """Learn, fold after fold of image indices, from every image outside it."""
        rows, dimensions = _stacked(images, choices.seed)
        for fold in folds:
            yield _fitted(rows[np.setdiff1d(np.arange(len(images)), fold)], dimensions)

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        means = arrays["means"].astype(np.float32)
        # Older bundles keep every dimension.
        dimensions = arrays["dimensions"].astype(np.intp) if "dimensions" in arrays else np.arange(means.shape[-1])
        return FittedPaDiM(means, arrays["whitenings"].astype(np.float32), dimensions)


class FittedPaDiM:
    """means (P, d), and whitenings (P, d, d) whose product with a difference has the Mahalanobis length.

    dimensions: which d of a patch's D numbers are looked at.
    """

    def __init__(self, means: Floats, whitenings: Floats, dimensions: NDArray[np.intp]) -> None:
        if whitenings.shape != (*means.shape, means.shape[-1]) or len(dimensions) != means.shape[-1]:
            message = "every position needs a mean and a whitening, over the dimensions chosen"
            raise ValueError(message)
        self._dimensions = dimensions
        self._means = means
        self._whitenings = np.ascontiguousarray(whitenings)

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return each patch's Mahalanobis distance (eq. 2) and the mean of the highest of them."""
        if len(image.grid.rows) != len(self._means):
            message = f"the image has {len(image.grid.rows)} patches, the fit had {len(self._means)}"
            raise ValueError(message)
        difference = image.grid.rows[:, self._dimensions] - self._means
        whitened = np.matmul(self._whitenings, difference[:, :, None])[:, :, 0]
        distances: Floats = np.sqrt(np.einsum("pd,pd->p", whitened, whitened))
        return MethodScore(top_mean(distances), distances.reshape(image.grid.height, image.grid.width))

    def grown(self, images: Sequence[Floats], choices: FitChoices, *, known: int) -> "FittedPaDiM":
        """Return the Gaussians of the `known` images learned from and of more; raise MethodError."""
        from detectors.methods.gaussians import grown_gaussians  # noqa: PLC0415 - only learning needs torch

        del choices
        if any(len(rows) != len(self._means) for rows in images):
            raise MethodError(f"The photos have other numbers of patches than the {len(self._means)} of the fit.")
        rows = np.stack([rows[:, self._dimensions] for rows in images])
        means, whitenings = grown_gaussians(self._means, self._whitenings, known, rows)
        return FittedPaDiM(means, whitenings, self._dimensions)

    def arrays(self) -> Arrays:
        """Return the means and whitenings of all positions, and their dimensions."""
        return {
            "means": self._means,
            "whitenings": self._whitenings.astype(np.float16),
            "dimensions": self._dimensions,
        }


def choose_dimensions(dimensions: int, seed: int) -> NDArray[np.intp]:
    """Return which of D dimensions are kept: all, or as many as can be, at random (section III-C)."""
    return np.sort(np.random.default_rng(seed).permutation(dimensions)[:MOST_DIMENSIONS])


def _fitted(rows: Floats, dimensions: NDArray[np.intp]) -> FittedMethod:
    from detectors.methods.gaussians import whitened_gaussians  # noqa: PLC0415 - only learning needs torch

    return FittedPaDiM(*whitened_gaussians(rows), dimensions)


def _stacked(images: Sequence[Floats], seed: int) -> tuple[Floats, NDArray[np.intp]]:
    """Return all images' rows (N, P, d), and the dimensions they are of."""
    if not images:
        message = "there is no image to learn from"
        raise ValueError(message)
    if len({rows.shape for rows in images}) > 1:
        message = "images differ in their number of patches"
        raise ValueError(message)
    dimensions = choose_dimensions(images[0].shape[1], seed)
    return np.stack([rows[:, dimensions] for rows in images]), dimensions
