from pathlib import Path
from typing import Any

import pytest
import timm
import torch

from detectors.backbones.torch_network import TorchNetwork
from detectors.backbones.wanted import Wanted
from detectors.weight_tensors import read_weights
from detectors.weights import PACKAGED_BACKBONE, WeightsError, ensure_weights
from tests.unit.detectors.backbones.samples import noise, save_weights


@pytest.fixture(scope="module")
def network(weights_dir: Path) -> TorchNetwork:
    return TorchNetwork(PACKAGED_BACKBONE, ensure_weights(PACKAGED_BACKBONE, weights_dir), Wanted(96))


def test_gives_the_features_of_the_whole_network(network: TorchNetwork, weights_dir: Path) -> None:
    whole: Any = timm.create_model(PACKAGED_BACKBONE, pretrained=False)
    whole.load_state_dict(read_weights(ensure_weights(PACKAGED_BACKBONE, weights_dir)))
    pixels = noise(96)
    batch = (torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255 - 0.5) / 0.5

    with torch.inference_mode():
        hidden = whole.eval().bn1(whole.conv_stem(batch))
        expected = []
        for index, block in enumerate(whole.blocks[:5]):
            hidden = block(hidden)
            if index in (2, 4):
                expected.append(hidden.clone())

    for mine, theirs in zip(network.extract(pixels), expected, strict=True):
        assert torch.allclose(mine, theirs, atol=2e-3)


def test_is_cut_after_the_last_stage_used_and_keeps_no_batch_norm(network: TorchNetwork) -> None:
    inner: Any = network.module._network
    kinds = [type(module).__name__ for module in inner.modules()]

    assert len(inner.blocks) == 5
    assert not any("BatchNorm" in kind for kind in kinds)
    assert [tuple(stage.shape) for stage in network.extract(noise(96))] == [(1, 40, 12, 12), (1, 112, 6, 6)]


def test_gives_the_same_features_twice(network: TorchNetwork) -> None:
    first, second = network.extract(noise(96)), network.extract(noise(96))

    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("name", ["resnet10t", "torchvision/mobilenet_v3_small", "no_such_network", "torchvision/none"])
def test_says_which_weights_do_not_fit(tmp_path: Path, name: str) -> None:
    weights = save_weights({"a": torch.zeros(2)}, name, tmp_path)

    with pytest.raises(WeightsError, match=name):
        TorchNetwork(name, weights, Wanted(64))


def test_never_calls_a_detection_network_a_backbone(tmp_path: Path) -> None:
    weights = save_weights({"a": torch.zeros(2)}, "torchvision/ssd300_vgg16", tmp_path)

    with pytest.raises(WeightsError, match="no such classifier"):
        TorchNetwork("torchvision/ssd300_vgg16", weights, Wanted(64))
