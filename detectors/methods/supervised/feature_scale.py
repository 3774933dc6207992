"""Patch features as planes, each number with mean 0 and spread 1 over the good images."""

from collections.abc import Sequence

import torch
from torch import Tensor

from detectors.methods.port import Arrays, EmbeddedImage, MethodError, PatchGrid
from detectors.methods.reconstruction.moments import Scale


def require_alike(images: Sequence[EmbeddedImage]) -> PatchGrid:
    """Return the first image's grid where all have its shape; raise MethodError where they do not."""
    first = images[0].grid
    if len({(image.grid.height, image.grid.width, image.grid.rows.shape[1]) for image in images}) > 1:
        raise MethodError("The images differ in their number of patches.")
    return first


def planes_of(scale: Scale, images: Sequence[EmbeddedImage]) -> Tensor:
    """Return standardised features (N, D, h, w) of images whose grids are alike."""
    grid = images[0].grid
    rows = torch.stack([scale.standardise(torch.from_numpy(image.grid.rows)) for image in images])
    return rows.reshape(len(images), grid.height, grid.width, -1).permute(0, 3, 1, 2)


def scale_arrays(scale: Scale) -> Arrays:
    """Return mean and spread (D,) as arrays."""
    return {"mean": scale.mean.numpy(), "spread": scale.spread.numpy()}


def restore_scale(arrays: Arrays) -> Scale:
    """Return what `scale_arrays` described; raise KeyError or ValueError."""
    mean, spread = (torch.from_numpy(arrays[name].astype("float32")) for name in ("mean", "spread"))
    if mean.shape != spread.shape or mean.ndim != 1:
        message = f"a mean of shape {tuple(mean.shape)} and a spread of {tuple(spread.shape)} do not fit together"
        raise ValueError(message)
    return Scale(mean, spread)
