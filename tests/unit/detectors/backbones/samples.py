"""Networks with random weights, and pixels for them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from detectors.weights import WeightsFile, ensure_weights


def noise(side: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def save_weights(tensors: Mapping[str, Tensor], name: str, folder: Path) -> WeightsFile:
    """Put weights where a user would put them."""
    path = folder / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(dict(tensors), path)
    return ensure_weights(name, folder)


def save_random_timm(name: str, folder: Path) -> WeightsFile:
    torch.manual_seed(0)
    return save_weights(timm.create_model(name, pretrained=False).state_dict(), name, folder)
