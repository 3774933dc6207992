"""The steps of a convolutional encoder and decoder: each halves or doubles the sides."""

from torch import nn

GROUPS = 8
SLOPE = 0.2


def halve(inputs: int, outputs: int) -> nn.Sequential:
    """Return a step from (N, inputs, h, w) to (N, outputs, h / 2, w / 2)."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 4, stride=2, padding=1), nn.GroupNorm(GROUPS, outputs), nn.LeakyReLU(SLOPE)
    )


def double(inputs: int, outputs: int) -> nn.Sequential:
    """Return a step from (N, inputs, h, w) to (N, outputs, 2 h, 2 w)."""
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1), nn.GroupNorm(GROUPS, outputs), nn.LeakyReLU(SLOPE)
    )


def to_picture(inputs: int) -> nn.Sequential:
    """Return the last step, to a picture (N, 3, 2 h, 2 w) of values 0 to 1."""
    return nn.Sequential(nn.ConvTranspose2d(inputs, 3, 4, stride=2, padding=1), nn.Sigmoid())
