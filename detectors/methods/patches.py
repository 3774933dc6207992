"""Patch embeddings of one image, as PatchCore makes them: smoothed, aligned to the finest stage, concatenated."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from detectors.methods.port import PatchGrid

NEIGHBOURHOOD = 3


def generate_embedding(features: Sequence[Tensor]) -> PatchGrid:
    """Return the locally aware patch features phi of one image (Roth et al. 2022, eq. 1 to 3).

    features: one (1, C_j, h_j, w_j) float32 tensor a stage, finest first. Each is averaged over a 3 x 3 neighbourhood
    (stride 1, padding 1), resized bilinearly to the first one's grid, and concatenated over channels.
    """
    with torch.inference_mode():
        smooth = [functional.avg_pool2d(stage, NEIGHBOURHOOD, 1, NEIGHBOURHOOD // 2) for stage in features]
        height, width = smooth[0].shape[-2:]
        aligned = [smooth[0]] + [
            functional.interpolate(stage, size=(height, width), mode="bilinear", align_corners=False)
            for stage in smooth[1:]
        ]
        rows = torch.cat(aligned, dim=1)[0].permute(1, 2, 0).reshape(height * width, -1)
        return PatchGrid(rows.contiguous().numpy(), height, width)
