"""timm's networks: convolutional ones cut after the last stage used, transformers after the last block."""

import logging
from typing import Any

import timm
import torch
from timm.layers.format import Format
from torch import Tensor, nn

from detectors.backbones.network import Network
from detectors.backbones.tokens import TokenMaps, choose_blocks, whole_patches
from detectors.backbones.wanted import Wanted


def build_timm(name: str, tensors: dict[str, Tensor], wanted: Wanted) -> Network:
    """Return a timm network filled with its weights; raise what timm raises, or ValueError naming what it lacks."""
    # It warns that a network cut short does not use the weights of its end.
    logging.getLogger("timm.models._builder").setLevel(logging.ERROR)
    strides = _strides_of(name)
    has_tokens = len(set(strides)) == 1
    if has_tokens:
        size = whole_patches(wanted.image_size, strides[0])
        layers = choose_blocks(len(strides), wanted)
        indices = list(layers)
    else:
        size = wanted.image_size
        layers = wanted.layers or wanted.strides
        indices = _stages_at(layers, strides)
    sized: dict[str, Any] = {"img_size": size} if _has_fixed_size(name) else {}
    # A network of features takes whatever names fit and leaves the rest random; the whole one refuses.
    whole = _filled(name, tensors, **sized)
    network: Any = _filled(name, whole.state_dict(), features_only=True, out_indices=indices, **sized)
    config = network.pretrained_cfg
    if has_tokens:
        network = TokenMaps(network)
    elif getattr(network, "output_fmt", None) == Format.NHWC:
        network = _ChannelsFirst(network)
    else:
        _cut(network)
    return Network(network, size, layers, config["mean"], config["std"])


class _ChannelsFirst(nn.Module):
    """Turn maps (1, h, w, C), as some networks give them, into (1, C, h, w)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return one map a stage."""
        return [stage.permute(0, 3, 1, 2) for stage in self.network(batch)]


def _filled(name: str, tensors: dict[str, Tensor], **choices: Any) -> nn.Module:
    overlay = {"state_dict": tensors, "source": ""}
    network: nn.Module = timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, **choices)
    return network


def _strides_of(name: str) -> list[int]:
    """Return the stride of every stage; a transformer of patches has as many equal ones as blocks."""
    with torch.device("meta"):
        network: Any = timm.create_model(name, pretrained=False, features_only=True)
    return [stage["reduction"] for stage in network.feature_info.info]


def _has_fixed_size(name: str) -> bool:
    """Tell whether a network must be built for its image size, its position embeddings resized to it."""
    config = timm.get_pretrained_cfg(name)
    return config is not None and bool(config.fixed_input_size)


def _stages_at(wanted: tuple[int, ...], strides: list[int]) -> list[int]:
    if not set(wanted) <= set(strides):
        message = f"it has no stages at strides {' and '.join(map(str, wanted))}"
        raise ValueError(message)
    return [strides.index(stride) for stride in wanted]


def _cut(network: Any) -> None:
    """Drop blocks after the last stage used: features_only runs every block of an EfficientNet even so."""
    blocks = getattr(network, "blocks", None)
    last = str(network.feature_info.module_name()[-1])
    if isinstance(blocks, nn.Sequential) and last.startswith("blocks."):
        network.blocks = blocks[: int(last.split(".")[1]) + 1]
