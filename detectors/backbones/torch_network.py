"""A frozen network run by torch: the path that works on every machine, and what the compiled one is made from."""

from dataclasses import replace
from typing import Any

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from detectors.backbones.folding import fold_batch_norms
from detectors.backbones.network import Network
from detectors.backbones.timm_networks import build_timm
from detectors.backbones.torchvision_networks import PREFIX, build_torchvision
from detectors.backbones.wanted import Precision, Wanted
from detectors.interrupts import hold_interrupts
from detectors.methods.patches import generate_embedding
from detectors.methods.port import FINEST_STRIDE, PatchGrid
from detectors.weight_tensors import read_weights
from detectors.weights import WeightsError, WeightsFile


class TorchNetwork:
    """Turn a square of pixels into the feature maps of the layers asked for, or into patch embeddings.

    image_size: the side of the square, which a transformer rounds down to whole patches. Raise WeightsError where it
    cannot be built.
    """

    def __init__(self, name: str, weights: WeightsFile, wanted: Wanted) -> None:
        # As many as faiss was told: torch may be loaded long after the threads were set.
        torch.set_num_threads(faiss.omp_get_max_threads())
        with hold_interrupts():
            network = _build(name, weights, wanted)
        self.image_size = network.image_size
        self.layers = network.layers
        self.runtime = f"torch {torch.__version__}, float32"
        self.precision: Precision = "float32"
        self.module = _Embedding(network)

    def extract(self, square: NDArray[np.uint8]) -> list[Tensor]:
        """Return one (1, C, h, w) float32 tensor a layer, finest first, for a square (S, S, 3)."""
        with torch.inference_mode():
            return self.module.extract(torch.from_numpy(np.require(square, np.uint8, ["C", "W"]))[None])

    def embed(self, square: NDArray[np.uint8]) -> PatchGrid:
        """Return the patch embeddings of a square (S, S, 3)."""
        with torch.inference_mode():
            patches = self.module(torch.from_numpy(np.require(square, np.uint8, ["C", "W"]))[None])
        _, height, width, dimensions = patches.shape
        return PatchGrid(patches.reshape(height * width, dimensions).contiguous().numpy(), height, width)


class _Embedding(nn.Module):
    """From pixels (1, S, S, 3) uint8 to patch embeddings (1, h, w, D), all in one module that can be compiled."""

    _shift: Tensor
    _scale: Tensor

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network: Any = network.module
        self._most = max(1, network.image_size // FINEST_STRIDE)
        side = network.image_size
        self.register_buffer("_shift", (torch.tensor(network.mean) * 255).repeat(side))
        self.register_buffer("_scale", (1 / (torch.tensor(network.std) * 255)).repeat(side))

    def extract(self, squares: Tensor) -> list[Tensor]:
        # By whole rows, and turned round last: channels then lie as convolutions want them, and none is moved.
        rows = (squares.flatten(2).float() - self._shift) * self._scale
        features: list[Tensor] = self._network(rows.reshape(squares.shape).permute(0, 3, 1, 2))
        return features

    def forward(self, squares: Tensor) -> Tensor:
        return generate_embedding(self.extract(squares), self._most)


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
