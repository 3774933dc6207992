from pathlib import Path
from typing import Any

import pytest
import timm
import torch

from detectors.backbones.torch_network import TorchNetwork
from detectors.backbones.wanted import Wanted
from detectors.squares import squared
from detectors.weight_tensors import read_weights
from detectors.weights import WeightsError, WeightsFile
from tests.unit.detectors.backbones.samples import noise, save_random_timm

VIT = "test_vit"


@pytest.fixture(scope="module")
def vit_weights(tmp_path_factory: pytest.TempPathFactory) -> WeightsFile:
    return save_random_timm(VIT, tmp_path_factory.mktemp("vit"))


def shapes(network: TorchNetwork, side: int) -> list[tuple[int, ...]]:
    return [tuple(one.shape) for one in network.extract(squared(noise(side), network.image_size))]


def test_takes_a_convolutional_network_by_its_strides(tmp_path: Path) -> None:
    weights = save_random_timm("resnet10t", tmp_path)

    both, one = (
        TorchNetwork("resnet10t", weights, Wanted(64)),
        TorchNetwork("resnet10t", weights, Wanted(64, (8, 16), (4,))),
    )

    assert (both.layers, shapes(both, 64)) == ((8, 16), [(1, 128, 8, 8), (1, 256, 4, 4)])
    assert (one.layers, shapes(one, 64)) == ((4,), [(1, 64, 16, 16)])


def test_names_strides_that_are_not_there(tmp_path: Path) -> None:
    weights = save_random_timm("test_efficientnet", tmp_path)

    with pytest.raises(WeightsError, match="no stages at strides 5 and 8"):
        TorchNetwork("test_efficientnet", weights, Wanted(64, (8, 16), (5, 8)))


def test_turns_maps_that_come_channels_last(tmp_path: Path) -> None:
    name = "test_mambaout"

    network = TorchNetwork(name, save_random_timm(name, tmp_path), Wanted(64))

    assert shapes(network, 64) == [(1, 32, 8, 8), (1, 48, 4, 4)]


def test_takes_a_transformers_middle_and_later_blocks_for_the_strides(vit_weights: WeightsFile) -> None:
    both, fine, broad = (TorchNetwork(VIT, vit_weights, Wanted(64, strides)) for strides in ((8, 16), (8,), (16,)))

    assert (both.layers, fine.layers, broad.layers) == ((2, 3), (2,), (3,))
    assert shapes(both, 64) == [(1, 64, 4, 4), (1, 64, 4, 4)]


def test_gives_the_patch_tokens_of_the_blocks_asked_for(vit_weights: WeightsFile) -> None:
    whole: Any = timm.create_model(VIT, pretrained=False).eval()
    whole.load_state_dict(read_weights(vit_weights))
    pixels = noise(160)
    batch = (torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255 - 0.5) / 0.5

    with torch.inference_mode():
        tokens = whole._pos_embed(whole.patch_embed(batch))
        for block in whole.blocks[:2]:
            tokens = block(tokens)
        expected = torch.nn.functional.layer_norm(tokens[0, 1:], (64,)).T.reshape(1, 64, 10, 10)

    [found] = TorchNetwork(VIT, vit_weights, Wanted(160, layers=(1,))).extract(pixels)
    assert torch.allclose(found, expected, atol=1e-3)


def test_a_changed_pixel_changes_the_token_of_its_patch_most(vit_weights: WeightsFile) -> None:
    network = TorchNetwork(VIT, vit_weights, Wanted(96, layers=(0,)))
    pixels = noise(96)
    changed = pixels.copy()
    changed[40, 70] = 255 - changed[40, 70]

    [before], [after] = network.extract(pixels), network.extract(changed)

    difference = (after - before).norm(dim=1)[0]
    assert divmod(int(difference.argmax()), 6) == (40 // 16, 70 // 16)


def test_resizes_position_embeddings_and_rounds_down_to_whole_patches(vit_weights: WeightsFile) -> None:
    network = TorchNetwork(VIT, vit_weights, Wanted(111))

    assert network.image_size == 96
    assert shapes(network, 50)[0] == (1, 64, 6, 6)


@pytest.mark.parametrize(("size", "layers", "why"), [(8, None, "16 px are larger"), (64, (3, 12), "blocks 0 to 5")])
def test_says_what_a_transformer_cannot_do(
    vit_weights: WeightsFile, size: int, layers: tuple[int, ...] | None, why: str
) -> None:
    with pytest.raises(WeightsError, match=why):
        TorchNetwork(VIT, vit_weights, Wanted(size, layers=layers))


def test_drops_register_tokens_too(tmp_path: Path) -> None:
    name = "test_vit2"

    network = TorchNetwork(name, save_random_timm(name, tmp_path), Wanted(64, layers=(0, 1)))

    assert shapes(network, 64) == [(1, 64, 4, 4), (1, 64, 4, 4)]
