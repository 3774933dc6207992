"""Patch embeddings of one image, as PatchCore makes them: smoothed, aligned to one grid, concatenated."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from detectors.methods.port import NEIGHBOURHOOD


def generate_embedding(features: Sequence[Tensor], most: int) -> Tensor:
    """Return the locally aware patch features phi (n, h, w, D) of n images (Roth et al. 2022, eq. 1 to 3).

    features: one (n, C_j, h_j, w_j) float32 tensor a stage, finest first. Each is averaged over a 3 x 3 neighbourhood
    (stride 1, padding 1), resized bilinearly to the first one's grid, and concatenated over channels. most: patches a
    side at most; finer stages are averaged down to so many.
    """
    smooth = [functional.avg_pool2d(stage, NEIGHBOURHOOD, 1, NEIGHBOURHOOD // 2) for stage in features]
    height, width = (min(side, most) for side in smooth[0].shape[-2:])
    return torch.cat([_laid_over(stage, height, width) for stage in smooth], dim=1).permute(0, 2, 3, 1)


def _laid_over(stage: Tensor, height: int, width: int) -> Tensor:
    """Return a stage (n, C, h, w) on a grid: averaged where it is finer, bilinear where it is coarser."""
    if stage.shape[-2] > height or stage.shape[-1] > width:
        return functional.adaptive_avg_pool2d(stage, (height, width))
    return functional.interpolate(stage, size=(height, width), mode="bilinear", align_corners=False)
