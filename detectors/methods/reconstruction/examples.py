"""What a reconstruction learns from: embedded images as batches of pictures or of patch features."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from detectors.methods.port import EmbeddedImage, MethodError, PatchGrid


def require_enough(name: str, fewest: int, good: Sequence[EmbeddedImage], held_out: Sequence[EmbeddedImage]) -> None:
    """Raise MethodError where there are fewer than `fewest` images in all, or none to learn from or to stop by."""
    count = len(good) + len(held_out)
    if count < fewest or not good or not held_out:
        raise MethodError(
            f"The method {name} needs at least {fewest} good images, one of them held out, "
            f"got {count} with {len(held_out)} held out."
        )


def pictures_of(images: Sequence[EmbeddedImage], side: int) -> Tensor:
    """Return the images' squares as pictures (N, 3, side, side) float32 from 0 to 1."""
    return torch.cat([_picture(image, side) for image in images])


def require_square_grids(images: Sequence[EmbeddedImage]) -> PatchGrid:
    """Return the first image's grid where all have its shape, a square; raise MethodError where they do not."""
    first = images[0].grid
    if len({(image.grid.height, image.grid.width, image.grid.rows.shape) for image in images}) > 1:
        raise MethodError("The images differ in their number of patches.")
    if first.height != first.width:
        raise MethodError(f"The patches of an image must form a square, not {first.height} x {first.width}.")
    return first


def patches_of(images: Sequence[EmbeddedImage]) -> Tensor:
    """Return the patch embeddings (N, h, w, D) float32 of images whose grids are alike."""
    height, width = images[0].grid.height, images[0].grid.width
    rows = torch.from_numpy(np.stack([image.grid.rows for image in images]))
    return rows.reshape(len(images), height, width, -1)


def _picture(image: EmbeddedImage, side: int) -> Tensor:
    planes = torch.from_numpy(np.require(image.square, np.uint8, ["C", "W"])).permute(2, 0, 1)[None].float() / 255
    return functional.interpolate(planes, size=(side, side), mode="bilinear", antialias=True, align_corners=False)
