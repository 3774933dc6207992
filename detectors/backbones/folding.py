"""Fold batch norms into the convolutions before them, and prove that nothing changed."""

import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

PARITY = 1e-3


def fold_batch_norms(network: nn.Module, example: Tensor) -> nn.Module:
    """Fold each batch norm into the convolution whose output it takes; raise ValueError where an output changes."""
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
            raise ValueError(message)
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
