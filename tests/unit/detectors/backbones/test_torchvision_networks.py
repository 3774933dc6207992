from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.models.vision_transformer import VisionTransformer

from detectors.backbones.torch_network import TorchNetwork
from detectors.backbones.torchvision_networks import cut_transformer
from detectors.backbones.wanted import Wanted
from detectors.weight_tensors import read_weights
from detectors.weights import WeightsError, WeightsFile
from tests.unit.detectors.backbones.samples import noise, save_weights

NAME = "torchvision/mobilenet_v3_small"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> WeightsFile:
    torch.manual_seed(0)
    tensors = models.get_model("mobilenet_v3_small", weights=None).state_dict()
    return save_weights(tensors, NAME, tmp_path_factory.mktemp("torchvision"))


def small_transformer(image_size: int) -> Any:
    torch.manual_seed(0)
    return VisionTransformer(image_size, 16, num_layers=4, num_heads=2, hidden_dim=32, mlp_dim=64)


def tokens_of(network: Any, batch: Tensor, block: int) -> Tensor:
    """Run a transformer by hand up to a block, and return its patch tokens (1, N, C), brought to one scale."""
    with torch.inference_mode():
        tokens = torch.cat([network.class_token, network._process_input(batch)], dim=1)
        tokens = network.encoder.layers[: block + 1](tokens + network.encoder.pos_embedding)
        return nn.functional.layer_norm(tokens[:, 1:], (tokens.shape[2],))


def test_its_weights_lie_in_a_folder_of_that_name(weights: WeightsFile) -> None:
    assert weights.path.parts[-2:] == ("torchvision", "mobilenet_v3_small.safetensors")


def test_gives_the_last_block_at_each_stride_with_imagenets_scale(weights: WeightsFile) -> None:
    whole: Any = models.get_model("mobilenet_v3_small", weights=None).eval()
    whole.load_state_dict(read_weights(weights))
    pixels = noise(96)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    batch = ((torch.from_numpy(pixels).float() / 255 - mean) / std).permute(2, 0, 1)[None]

    with torch.inference_mode():
        expected = [whole.features[:4](batch), whole.features[:9](batch)]

    found = TorchNetwork(NAME, weights, Wanted(96)).extract(pixels)
    assert [tuple(one.shape) for one in found] == [(1, 24, 12, 12), (1, 48, 6, 6)]
    assert all(torch.allclose(one, other, atol=1e-3) for one, other in zip(found, expected, strict=True))


def test_keeps_neither_batch_norms_nor_the_layers_after_the_last_one_used(weights: WeightsFile) -> None:
    modules = dict(TorchNetwork(NAME, weights, Wanted(96, layers=(8,))).module._network.named_modules())

    assert not any(isinstance(module, nn.BatchNorm2d) for module in modules.values())
    assert not any("classifier" in name or "features.5" in name for name in modules)


def test_names_strides_that_are_not_there(weights: WeightsFile) -> None:
    with pytest.raises(WeightsError, match="no stages at strides 64"):
        TorchNetwork(NAME, weights, Wanted(96, layers=(64,)))


def test_gives_a_transformers_patch_tokens() -> None:
    network = small_transformer(64)
    batch = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    expected = [tokens_of(network, batch, block) for block in (1, 2)]

    cut = cut_transformer(small_transformer(64), network.state_dict(), Wanted(64, (8, 16)))

    assert (cut.layers, cut.image_size) == ((1, 2), 64)
    with torch.inference_mode():
        found = cut.module(batch)
    assert [tuple(one.shape) for one in found] == [(1, 32, 4, 4)] * 2
    assert all(
        torch.allclose(one.flatten(2).transpose(1, 2), other, atol=1e-4)
        for one, other in zip(found, expected, strict=True)
    )


def test_resizes_a_transformers_position_embeddings() -> None:
    cut = cut_transformer(small_transformer(96), small_transformer(64).state_dict(), Wanted(96, (8,), (3,)))

    with torch.inference_mode():
        [found] = cut.module(torch.zeros(1, 3, 96, 96))
    assert tuple(found.shape) == (1, 32, 6, 6)


def test_takes_a_classifier_whole_or_not_at_all(tmp_path: Path, weights: WeightsFile) -> None:
    tensors = read_weights(weights)
    tensors.pop("classifier.3.bias")

    with pytest.raises(WeightsError, match="classifier"):
        TorchNetwork(NAME, save_weights(tensors, NAME, tmp_path), Wanted(96))
