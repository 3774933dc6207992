"""PaDiM (Defard et al., A Patch Distribution Modeling Framework, ICPR 2021): one Gaussian for each position."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detectors.methods.port import Arrays, EmbeddedImage, FitChoices, FittedMethod, Floats, MethodScore
from detectors.methods.top_mean import top_mean

REGULARISATION = 0.01
PIECE = 128


class PaDiM:
    """Learn how each position looks; a patch is as odd as its Mahalanobis distance there."""

    name: ClassVar[str] = "padim"
    needs_whole_images: ClassVar[bool] = True
    fewest_images: ClassVar[int] = 8

    def fit(self, images: Sequence[Floats], choices: FitChoices) -> FittedMethod:  # noqa: ARG002 - it draws nothing
        """Learn from each image's patch rows (n, D), all images of the same n."""
        return _fitted(_stacked(images))

    def cross_fit(
        self,
        images: Sequence[Floats],
        folds: Sequence[NDArray[np.intp]],
        choices: FitChoices,  # noqa: ARG002 - it draws nothing
    ) -> Iterator[FittedMethod]:
        """Learn, fold after fold of image indices, from every image outside it."""
        rows = _stacked(images)
        for fold in folds:
            yield _fitted(rows[np.setdiff1d(np.arange(len(images)), fold)])

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        return FittedPaDiM(arrays["means"].astype(np.float32), arrays["whitenings"].astype(np.float32))


class FittedPaDiM:
    """means (P, D), and whitenings (P, D, D) whose product with a difference has the Mahalanobis length."""

    def __init__(self, means: Floats, whitenings: Floats) -> None:
        if whitenings.shape != (*means.shape, means.shape[-1]):
            message = "every position needs a mean and a whitening"
            raise ValueError(message)
        self._means = torch.from_numpy(np.ascontiguousarray(means))
        self._whitenings = torch.from_numpy(np.ascontiguousarray(whitenings))

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return each patch's Mahalanobis distance (eq. 2) and the mean of the highest of them."""
        if image.grid.rows.shape != tuple(self._means.shape):
            message = f"the image has {image.grid.rows.shape} patches, the fit had {tuple(self._means.shape)}"
            raise ValueError(message)
        with torch.inference_mode():
            difference = torch.from_numpy(image.grid.rows) - self._means
            whitened = torch.bmm(self._whitenings, difference[:, :, None])[:, :, 0]
            distances: Floats = whitened.square().sum(dim=1).sqrt().numpy()
        return MethodScore(top_mean(distances), distances.reshape(image.grid.height, image.grid.width))

    def arrays(self) -> Arrays:
        """Return the means and whitenings of all positions."""
        return {"means": self._means.numpy(), "whitenings": self._whitenings.numpy().astype(np.float16)}


def estimate_gaussians(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return means (P, D) and covariances (P, D, D) + .01 I of rows (N, P, D) over images (eq. 1)."""
    means = rows.mean(dim=0)
    centred = (rows - means).transpose(0, 1)
    covariances = centred.transpose(1, 2) @ centred / max(1, len(rows) - 1)
    return means, covariances + REGULARISATION * torch.eye(rows.shape[2])


def _fitted(rows: Floats) -> FittedMethod:
    positions, dimensions = rows.shape[1:]
    means = np.empty((positions, dimensions), dtype=np.float32)
    whitenings = np.empty((positions, dimensions, dimensions), dtype=np.float32)
    identity = torch.eye(dimensions)
    with torch.inference_mode():
        for start in range(0, positions, PIECE):
            piece = slice(start, start + PIECE)
            mean, covariance = estimate_gaussians(torch.from_numpy(rows[:, piece]))
            factor = torch.linalg.cholesky(covariance)
            means[piece] = mean.numpy()
            whitenings[piece] = torch.linalg.solve_triangular(factor, identity, upper=False).numpy()
    return FittedPaDiM(means, whitenings)


def _stacked(images: Sequence[Floats]) -> Floats:
    if not images:
        message = "there is no image to learn from"
        raise ValueError(message)
    if len({rows.shape for rows in images}) > 1:
        message = "images differ in their number of patches"
        raise ValueError(message)
    return np.stack(images)
