"""What a training leaves: the last snapshots of the autoencoder and the predictor that reads their losses."""

import torch
from torch import Tensor, nn

from detectors.methods.sampling.patch_autoencoder import build_patch_autoencoder, pixel_losses
from detectors.methods.sampling.predictor import PROFILE, build_predictor

SMALLEST_MULTIPLE = 0.05


class ProfileJudge(nn.Module):
    """Ten snapshots of the autoencoder, each with its loss on normal pictures (10,), and the predictor."""

    levels: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.snapshots = nn.ModuleList(build_patch_autoencoder() for _ in range(PROFILE))
        self.predictor = build_predictor()
        self.register_buffer("levels", torch.ones(PROFILE))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the log odds (N, h / 2, w / 2) that a cell of pictures (N, 3, h, w) is part of a defect."""
        losses = torch.stack([pixel_losses(snapshot, pictures) for snapshot in self.snapshots], dim=1)
        log_odds: Tensor = self.predictor(relative_profiles(losses, self.levels))[:, 0]
        return log_odds


def normal_levels(losses: Tensor) -> Tensor:
    """Return the mean loss after each update (T,) of normal pictures' losses (N, T, h, w)."""
    return losses.mean(dim=(0, 2, 3)).clamp(min=torch.finfo(losses.dtype).tiny)


def relative_profiles(losses: Tensor, levels: Tensor) -> Tensor:
    """Return log(l / level + .05) of losses (N, T, h, w) and normal ones (T,).

    As multiples, since no two autoencoders start at the same level; as logarithms, since the predictor learns from them
    in a third of the steps.
    """
    return torch.log(losses / levels[:, None, None] + SMALLEST_MULTIPLE)
