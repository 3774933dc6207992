"""One frozen network behind one class: pixels in, feature maps out, whatever library it comes from."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from detectors.backbones.folding import fold_batch_norms
from detectors.backbones.network import Network, Wanted
from detectors.backbones.timm_networks import build_timm
from detectors.backbones.torchvision_networks import PREFIX, build_torchvision
from detectors.interrupts import hold_interrupts
from detectors.weights import WeightsError, WeightsFile, read_weights

STRIDES = (8, 16)


class Backbone:
    """Turn pixels into the feature maps of the layers asked for.

    strides: of a convolutional network; a transformer of patches has one stride, and takes 8 as its middle and 16 as
    later blocks. layers: where given, the very strides, or a transformer's blocks from 0. image_size: the side of the
    square, which a transformer rounds down to whole patches. tiles: the parts along an image's longer side, each seen
    as a square of its own. Raise WeightsError where it cannot be built.
    """

    def __init__(
        self,
        name: str,
        weights: WeightsFile,
        image_size: int,
        strides: Sequence[int] = STRIDES,
        layers: Sequence[int] | None = None,
        tiles: int = 1,
    ) -> None:
        with hold_interrupts():
            network = _build(name, weights, Wanted(image_size, tuple(strides), tuple(layers) if layers else None))
        self.name = name
        self.image_size = network.image_size
        self.layers = network.layers
        self.tiles = tiles
        self._shift = torch.tensor(network.mean).view(1, 3, 1, 1) * 255
        self._scale = 1 / (torch.tensor(network.std).view(1, 3, 1, 1) * 255)
        self._network: Any = network.module

    @cached_property
    def patches(self) -> int:
        """Patches along a side of a square, in the finest layer."""
        return int(self.extract(np.zeros((self.image_size, self.image_size, 3), dtype=np.uint8))[0].shape[-1])

    def prepare(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return pixels (H, W, 3) resized to the network's square, both sides independently."""
        # torch shares an array's memory only where it may write to it.
        pixels = np.require(pixels, np.uint8, ["C", "W"])
        if pixels.shape[:2] == (self.image_size, self.image_size):
            return pixels
        planes = torch.from_numpy(pixels).permute(2, 0, 1)[None]
        side = (self.image_size, self.image_size)
        small = functional.interpolate(planes, size=side, mode="bilinear", antialias=True, align_corners=False)
        return np.ascontiguousarray(small[0].permute(1, 2, 0).numpy())

    def extract(self, square: NDArray[np.uint8]) -> list[Tensor]:
        """Return one (1, C, h, w) float32 tensor a layer, finest first, for a prepared square."""
        with torch.inference_mode():
            planes = torch.from_numpy(square).permute(2, 0, 1)[None].float()
            batch = ((planes - self._shift) * self._scale).contiguous(memory_format=torch.channels_last)
            features: list[Tensor] = self._network(batch)
            return features


def _build(name: str, weights: WeightsFile, wanted: Wanted) -> Network:
    """Return the network, frozen, its batch norms folded, channels last."""
    tensors = read_weights(weights)
    build = build_torchvision if name.startswith(PREFIX) else build_timm
    try:
        network = build(name, tensors, wanted)
        frozen = network.module.eval().requires_grad_(requires_grad=False)
        example = torch.zeros(1, 3, network.image_size, network.image_size)
        folded = fold_batch_norms(frozen, example).to(memory_format=torch.channels_last)
    except (RuntimeError, KeyError, AttributeError, AssertionError, ValueError, TypeError) as error:
        raise WeightsError(f"{name} cannot be built from {weights.path.name}: {error}") from error
    return replace(network, module=folded)
