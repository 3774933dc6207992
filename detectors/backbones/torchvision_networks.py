"""torchvision's classifiers, cut after the last layer used by torch.fx."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.models.feature_extraction import create_feature_extractor
from torchvision.models.vision_transformer import VisionTransformer, interpolate_embeddings

from detectors.backbones.network import Network
from detectors.backbones.tokens import TokenMaps, choose_blocks, whole_patches
from detectors.backbones.wanted import Wanted

PREFIX = "torchvision/"
# Every weights file of torchvision was trained on pixels scaled by ImageNet's.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# "layer2" and "features.3" are stages or blocks; deeper names lie inside a block.
DEEPEST_NAME = 2


def build_torchvision(name: str, tensors: Mapping[str, Tensor], wanted: Wanted) -> Network:
    """Return torchvision/NAME filled with its weights; raise what torchvision raises, or ValueError."""
    model = name.removeprefix(PREFIX)
    if model not in models.list_models(module=models):
        message = "torchvision has no such classifier"
        raise ValueError(message)
    with torch.device("meta"):
        outline = models.get_model(model, weights=None)
    if isinstance(outline, VisionTransformer):
        size = whole_patches(wanted.image_size, outline.patch_size)
        transformer = models.get_model(model, weights=None, image_size=size)
        return cut_transformer(transformer, tensors, wanted)
    network = models.get_model(model, weights=None)
    network.load_state_dict(tensors)
    return _cut_convolutional(network, wanted)


def cut_transformer(network: VisionTransformer, tensors: Mapping[str, Tensor], wanted: Wanted) -> Network:
    """Fill a transformer built for its image size, position embeddings resized to it, and take blocks' patch tokens."""
    size = network.image_size
    network.load_state_dict(interpolate_embeddings(size, network.patch_size, dict(tensors)))
    blocks = choose_blocks(len(network.encoder.layers), wanted)
    nodes = [f"encoder.layers.encoder_layer_{block}" for block in blocks]
    maps = TokenMaps(_PatchTokens(_extractor(network, nodes), size // network.patch_size))
    return Network(maps, size, blocks, MEAN, STD)


def _cut_convolutional(network: nn.Module, wanted: Wanted) -> Network:
    strides = wanted.layers or wanted.strides
    names = _names_by_stride(network.eval(), wanted.image_size)
    if not set(strides) <= set(names):
        message = f"it has no stages at strides {' and '.join(map(str, strides))}"
        raise ValueError(message)
    extractor = _Stages(_extractor(network, [names[stride] for stride in strides]))
    return Network(extractor, wanted.image_size, strides, MEAN, STD)


def _extractor(network: nn.Module, nodes: list[str]) -> nn.Module:
    extractor: nn.Module = create_feature_extractor(
        network.eval(), {node: str(place) for place, node in enumerate(nodes)}, suppress_diff_warning=True
    )
    return extractor


def _names_by_stride(network: nn.Module, image_size: int) -> dict[int, str]:
    """Return the last stage or block at each stride, found by its map's size."""
    names: dict[int, str] = {}
    hooks = []

    def note(name: str, output: Any) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and min(output.shape[2:]) > 1:  # noqa: PLR2004 - a map
            names[round(image_size / output.shape[3])] = name

    for name, module in network.named_modules():
        if name and name.count(".") < DEEPEST_NAME:
            hooks.append(module.register_forward_hook(lambda _, __, output, name=name: note(name, output)))
    with torch.inference_mode():
        network(torch.zeros(1, 3, image_size, image_size))
    for hook in hooks:
        hook.remove()
    return names


class _Stages(nn.Module):
    """Return the maps of an extractor as a list."""

    def __init__(self, extractor: nn.Module) -> None:
        super().__init__()
        self.extractor = extractor

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return one map a stage."""
        return list(self.extractor(batch).values())


class _PatchTokens(nn.Module):
    """Return the tokens (1, 1 + side * side, C) of an extractor without the class token, as maps (1, C, side, side)."""

    def __init__(self, extractor: nn.Module, side: int) -> None:
        super().__init__()
        self.extractor = extractor
        self.side = side

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return one map a block."""
        tokens = [block[:, 1:].transpose(1, 2) for block in self.extractor(batch).values()]
        return [block.reshape(*block.shape[:2], self.side, self.side) for block in tokens]
