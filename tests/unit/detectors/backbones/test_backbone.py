from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch

from detectors.backbones import Backbone
from detectors.weights import PACKAGED_BACKBONE, WeightsError, ensure_weights, read_weights
from tests.unit.detectors.backbones.samples import noise, save_weights


@pytest.fixture(scope="module")
def backbone(weights_dir: Path) -> Backbone:
    return Backbone(PACKAGED_BACKBONE, ensure_weights(PACKAGED_BACKBONE, weights_dir), 96)


def test_gives_the_features_of_the_whole_network(backbone: Backbone, weights_dir: Path) -> None:
    network: Any = timm.create_model(PACKAGED_BACKBONE, pretrained=False)
    network.load_state_dict(read_weights(ensure_weights(PACKAGED_BACKBONE, weights_dir)))
    pixels = noise(96)
    batch = (torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255 - 0.5) / 0.5

    with torch.inference_mode():
        hidden = network.eval().bn1(network.conv_stem(batch))
        expected = []
        for index, block in enumerate(network.blocks[:5]):
            hidden = block(hidden)
            if index in (2, 4):
                expected.append(hidden.clone())

    for mine, theirs in zip(backbone.extract(pixels), expected, strict=True):
        assert torch.allclose(mine, theirs, atol=2e-3)


def test_is_cut_after_the_last_stage_used_and_keeps_no_batch_norm(backbone: Backbone) -> None:
    network: Any = backbone._network
    kinds = [type(module).__name__ for module in network.modules()]

    assert len(network.blocks) == 5
    assert not any("BatchNorm" in kind for kind in kinds)
    assert [tuple(stage.shape) for stage in backbone.extract(noise(96))] == [(1, 40, 12, 12), (1, 112, 6, 6)]


def test_squares_an_image_without_touching_one_that_fits(backbone: Backbone) -> None:
    fitting = noise(96)

    assert backbone.prepare(fitting) is fitting
    assert backbone.prepare(np.full((50, 300, 3), 77, dtype=np.uint8)).tolist() == np.full((96, 96, 3), 77).tolist()


def test_gives_the_same_features_twice(backbone: Backbone) -> None:
    first, second = backbone.extract(noise(96)), backbone.extract(noise(96))

    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("name", ["resnet10t", "torchvision/mobilenet_v3_small", "no_such_network", "torchvision/none"])
def test_says_which_weights_do_not_fit(tmp_path: Path, name: str) -> None:
    weights = save_weights({"a": torch.zeros(2)}, name, tmp_path)

    with pytest.raises(WeightsError, match=name):
        Backbone(name, weights, 64)


def test_never_calls_a_detection_network_a_backbone(tmp_path: Path) -> None:
    weights = save_weights({"a": torch.zeros(2)}, "torchvision/ssd300_vgg16", tmp_path)

    with pytest.raises(WeightsError, match="no such classifier"):
        Backbone("torchvision/ssd300_vgg16", weights, 64)
