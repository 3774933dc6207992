"""What a network is asked for, and what it is once it can be used."""

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True, slots=True)
class Wanted:
    """The side of the square in pixels, and which layers.

    strides: of a convolutional network; a transformer has one stride, and takes 8 as its middle and 16 as later blocks.
    layers: where given, the very strides of a convolutional network, or the very blocks of a transformer, from 0.
    """

    image_size: int
    strides: tuple[int, ...]
    layers: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """A module that turns scaled pixels (1, 3, S, S) into one map (1, C, h, w) a layer, finest first.

    image_size: S, which a transformer rounds down to whole patches. layers: strides, or a transformer's blocks.
    mean, std: of the pixels it was trained on, 0 to 1.
    """

    module: nn.Module
    image_size: int
    layers: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
