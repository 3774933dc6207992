"""A timm network as a fixed feature extractor: cut after the last stage used, batch norms folded, channels last."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

from detectors.weights import WeightsError, WeightsFile, read_weights

STRIDES = (8, 16)
PARITY = 1e-3


class Backbone:
    """Turn pixels into the feature maps of the stages at the strides asked for."""

    def __init__(self, name: str, weights: WeightsFile, image_size: int, strides: Sequence[int] = STRIDES) -> None:
        self.name = name
        self.image_size = image_size
        network: Any = _build(name, weights, strides)
        config = network.pretrained_cfg
        self._shift = torch.tensor(config["mean"]).view(1, 3, 1, 1) * 255
        self._scale = 1 / (torch.tensor(config["std"]).view(1, 3, 1, 1) * 255)
        example = torch.zeros(1, 3, image_size, image_size)
        self._network = _folded(network, example).to(memory_format=torch.channels_last)

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
        """Return one (1, C, h, w) float32 tensor a stage, finest first, for a prepared square."""
        with torch.inference_mode():
            planes = torch.from_numpy(square).permute(2, 0, 1)[None].float()
            batch = ((planes - self._shift) * self._scale).contiguous(memory_format=torch.channels_last)
            features: list[Tensor] = self._network(batch)
            return features


def _build(name: str, weights: WeightsFile, strides: Sequence[int]) -> nn.Module:
    tensors = read_weights(weights)
    # It warns that a network cut short does not use the weights of its end.
    logging.getLogger("timm.models._builder").setLevel(logging.ERROR)
    try:
        stages = _stages_of(name, strides)
        # A network of features takes whatever names fit and leaves the rest random; the whole one refuses.
        whole = _filled(name, tensors)
        network = _filled(name, whole.state_dict(), features_only=True, out_indices=stages)
    except (RuntimeError, KeyError, AttributeError, AssertionError, ValueError, TypeError) as error:
        raise WeightsError(f"{name} cannot be built from {weights.path.name}: {error}") from error
    _cut(network)
    return network.eval().requires_grad_(requires_grad=False)


def _filled(name: str, tensors: dict[str, Tensor], **choices: Any) -> nn.Module:
    overlay = {"state_dict": tensors, "source": ""}
    network: nn.Module = timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, **choices)
    return network


def _stages_of(name: str, wanted: Sequence[int]) -> Sequence[int]:
    with torch.device("meta"):
        network: Any = timm.create_model(name, pretrained=False, features_only=True)
    strides = network.feature_info.reduction()
    stages = [strides.index(stride) for stride in wanted if stride in strides]
    if len(stages) != len(wanted) or len(set(strides)) == 1:
        message = f"it has no stages at strides {' and '.join(map(str, wanted))}"
        raise ValueError(message)
    return stages


def _cut(network: Any) -> None:
    """Drop blocks after the last stage used: features_only runs every block of an EfficientNet even so."""
    blocks = getattr(network, "blocks", None)
    last = str(network.feature_info.module_name()[-1])
    if isinstance(blocks, nn.Sequential) and last.startswith("blocks."):
        network.blocks = blocks[: int(last.split(".")[1]) + 1]


def _folded(network: nn.Module, example: Tensor) -> nn.Module:
    """Fold each batch norm into the convolution whose output it takes; the outputs are checked to stay the same."""
    with torch.inference_mode():
        before = network(example + 1)
    pairs = _norms_after_convolutions(network, example)
    with torch.no_grad():
        for convolution, norm_name in pairs:
            _fold(network, convolution, norm_name)
    with torch.inference_mode():
        after = network(example + 1)
    for old, new in zip(before, after, strict=True):
        if float((old - new).abs().max()) > PARITY * float(old.abs().max()):
            message = "folding the batch norms changed the features"
            raise WeightsError(message)
    return network


def _norms_after_convolutions(network: nn.Module, example: Tensor) -> list[tuple[nn.Conv2d, str]]:
    outputs: dict[int, tuple[nn.Conv2d, Tensor]] = {}
    pairs: list[tuple[nn.Conv2d, str]] = []
    hooks = []

    def remember(module: nn.Conv2d, _: tuple[Tensor, ...], output: Tensor) -> None:
        outputs[id(output)] = (module, output)

    def pair(name: str, inputs: tuple[Tensor, ...]) -> None:
        found = outputs.get(id(inputs[0]))
        if found is not None:
            pairs.append((found[0], name))

    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            hooks.append(module.register_forward_hook(remember))
        elif isinstance(module, nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(lambda _, inputs, name=name: pair(name, inputs)))
    with torch.inference_mode():
        network(example)
    for hook in hooks:
        hook.remove()
    return pairs


def _fold(network: nn.Module, convolution: nn.Conv2d, norm_name: str) -> None:
    norm = network.get_submodule(norm_name)
    assert isinstance(norm, nn.BatchNorm2d)  # noqa: S101 - the hook was put on these alone
    assert norm.running_mean is not None  # noqa: S101 - an ImageNet network keeps its statistics
    assert norm.running_var is not None  # noqa: S101 - the same
    convolution.weight, convolution.bias = fuse_conv_bn_weights(
        convolution.weight, convolution.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )
    convolution.requires_grad_(requires_grad=False)
    network.set_submodule(norm_name, norm.act if isinstance(norm, BatchNormAct2d) else nn.Identity())
