"""The autoencoder that is trained anew, cycle after cycle, on patches; and the loss it leaves at every pixel."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

PATCH = 32
# Losses are kept at half the pictures' resolution: a cell is 2 x 2 pixels.
CELL = 2
WIDTHS = (3, 16, 24, 32)
BOTTLENECK = 8
SLOPE = 0.2


def build_patch_autoencoder() -> nn.Sequential:
    """Return an untrained network from pictures (N, 3, h, w) through (N, 8, h / 8, w / 8) to pictures of values 0 to 1.

    Without a normalisation, which would tell a patch from the picture it is part of: it learns from patches, and shows
    its losses on whole pictures. Sides must be multiples of 8.
    """
    down = [layer for pair in pairwise(WIDTHS) for layer in (_halve(*pair), nn.LeakyReLU(SLOPE))]
    narrow = [nn.Conv2d(WIDTHS[-1], BOTTLENECK, 1), nn.Conv2d(BOTTLENECK, WIDTHS[-1], 1), nn.LeakyReLU(SLOPE)]
    up = [layer for pair in pairwise(WIDTHS[::-1]) for layer in (_double(*pair), nn.LeakyReLU(SLOPE))]
    return nn.Sequential(*down, *narrow, *up[:-1], nn.Sigmoid())


def pixel_losses(network: nn.Module, pictures: Tensor) -> Tensor:
    """Return |x - f(x)| of pictures (N, 3, h, w) in cells: (N, h / 2, w / 2), without a gradient."""
    with torch.no_grad():
        return absolute_losses(pictures, network(pictures))


def absolute_losses(pictures: Tensor, again: Tensor) -> Tensor:
    """Return |x - x'|, the mean over channels and cells of 2 x 2 pixels: (N, h / 2, w / 2)."""
    return functional.avg_pool2d((pictures - again).abs(), CELL).mean(dim=1)


def _halve(inputs: int, outputs: int) -> nn.Module:
    return nn.Conv2d(inputs, outputs, 4, stride=2, padding=1)


def _double(inputs: int, outputs: int) -> nn.Module:
    return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)
