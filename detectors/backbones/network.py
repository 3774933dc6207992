"""What a network is once it can be used."""

from dataclasses import dataclass

from torch import nn


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
