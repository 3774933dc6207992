"""Structural similarity (Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 2004) as a map."""

import torch
from torch import Tensor
from torch.nn import functional

WINDOW = 8
STRIDE = 4
# (K1 L)^2 and (K2 L)^2 with K1 = .01, K2 = .03 and values from 0 to L = 1.
STEADY_MEAN = 0.01**2
STEADY_SPREAD = 0.03**2


def ssim_map(one: Tensor, other: Tensor) -> Tensor:
    """Return how alike two pictures (N, C, H, W) of values 0 to 1 are: (N, H / 4, W / 4), 1 where equal.

    Eq. 13 in even windows of 8 x 8, one every four pixels, the mean over channels; the border is mirrored.
    """
    mean, other_mean = pool_windows(one), pool_windows(other)
    variance = (pool_windows(one.square()) - mean.square()).clamp(min=0)
    other_variance = (pool_windows(other.square()) - other_mean.square()).clamp(min=0)
    covariance = pool_windows(one * other) - mean * other_mean
    light = (2 * mean * other_mean + STEADY_MEAN) / (mean.square() + other_mean.square() + STEADY_MEAN)
    structure = (2 * covariance + STEADY_SPREAD) / (variance + other_variance + STEADY_SPREAD)
    return torch.mean(light * structure, dim=1)


def pool_windows(planes: Tensor) -> Tensor:
    """Return the means of planes (N, C, H, W) over the same windows: (N, C, H / 4, W / 4)."""
    margin = (WINDOW - STRIDE) // 2
    padded = functional.pad(planes, (margin, margin, margin, margin), mode="reflect")
    return functional.avg_pool2d(padded, WINDOW, stride=STRIDE)
