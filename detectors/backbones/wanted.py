"""What a network is asked for."""

from dataclasses import dataclass
from typing import Literal

Precision = Literal["float32", "int8"]
STRIDES = (8, 16)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The side of the square in pixels, which layers, and in what the convolutions compute.

    strides: of a convolutional network; a transformer has one stride, and takes 8 as its middle and 16 as later blocks.
    layers: where given, the very strides of a convolutional network, or the very blocks of a transformer, from 0.
    """

    image_size: int
    strides: tuple[int, ...] = STRIDES
    layers: tuple[int, ...] | None = None
    precision: Precision = "float32"
