import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import numpy as np
import pytest

from detectors.backbones import Backbone
from detectors.backbones.compiled_network import CompiledNetwork
from detectors.backbones.torch_network import TorchNetwork
from detectors.methods.port import Floats
from detectors.runtime import use_threads
from detectors.weights import PACKAGED_BACKBONE, WeightsFile, ensure_weights
from tests.unit.detectors.backbones.samples import noise, save_random_timm

ROOT = Path(__file__).resolve().parents[4]
WITHOUT_TORCH = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import numpy as np
from detectors.backbones import Backbone
from detectors.weights import ensure_weights
backbone = Backbone("tf_efficientnet_lite0", ensure_weights("tf_efficientnet_lite0", Path(sys.argv[2])), 96)
assert len(backbone.embed_square(np.zeros((96, 96, 3), np.uint8)).rows) == 144
assert "torch" not in sys.modules, "torch was loaded"
"""


@pytest.fixture
def weights(weights_dir: Path, tmp_path: Path) -> WeightsFile:
    """The packaged weights in a folder of their own, where no graph is kept yet."""
    packaged = ensure_weights(PACKAGED_BACKBONE, weights_dir)
    copyfile(packaged.path, tmp_path / packaged.path.name)
    return ensure_weights(PACKAGED_BACKBONE, tmp_path)


def rows(backbone: Backbone, side: int = 96) -> Floats:
    return backbone.embed_square(noise(side)).rows


@pytest.mark.parametrize(("strides", "layers"), [((8, 16), None), ((4, 8, 16), None), ((4, 8), None), ((8,), (32,))])
def test_says_the_same_by_either_runtime(
    weights_dir: Path, strides: tuple[int, ...], layers: tuple[int, ...] | None
) -> None:
    weights = ensure_weights(PACKAGED_BACKBONE, weights_dir)

    compiled = Backbone(PACKAGED_BACKBONE, weights, 96, strides, layers)
    plain = Backbone(PACKAGED_BACKBONE, weights, 96, strides, layers, runtime="torch")

    assert isinstance(compiled._network, CompiledNetwork)
    assert isinstance(plain._network, TorchNetwork)
    assert (compiled.layers, compiled.patches) == (plain.layers, plain.patches)
    assert np.allclose(rows(compiled), rows(plain), atol=1e-4 * np.abs(rows(plain)).max())


def test_compiles_a_transformer_of_patches_too(tmp_path: Path) -> None:
    name = "vit_tiny_patch16_224"
    weights = save_random_timm(name, tmp_path)

    compiled = Backbone(name, weights, 64)

    assert isinstance(compiled._network, CompiledNetwork)
    assert np.allclose(rows(compiled, 64), rows(Backbone(name, weights, 64, runtime="torch"), 64), atol=1e-3)


def test_loads_no_torch_once_a_network_is_compiled(weights: WeightsFile) -> None:
    Backbone(PACKAGED_BACKBONE, weights, 96)

    arguments = [sys.executable, "-c", WITHOUT_TORCH, str(ROOT), str(weights.path.parent)]

    assert subprocess.run(arguments, capture_output=True, check=False, text=True).stderr == ""


def test_a_bundle_that_names_the_layers_finds_the_same_graph(weights: WeightsFile) -> None:
    Backbone(PACKAGED_BACKBONE, weights, 96)
    before = sorted((weights.path.parent / "graphs").iterdir())

    Backbone(PACKAGED_BACKBONE, weights, 96, layers=(8, 16))

    assert sorted((weights.path.parent / "graphs").iterdir()) == before
    assert len(before) == 4


def test_gives_the_very_same_numbers_with_other_threads(weights_dir: Path) -> None:
    weights = ensure_weights(PACKAGED_BACKBONE, weights_dir)
    use_threads(1)
    one = rows(Backbone(PACKAGED_BACKBONE, weights, 96))
    use_threads(2)
    two = rows(Backbone(PACKAGED_BACKBONE, weights, 96))

    assert np.array_equal(one, two)


@pytest.mark.parametrize("suffix", [".xml", ".bin", ".json"])
def test_makes_a_damaged_graph_anew(weights: WeightsFile, suffix: str) -> None:
    before = rows(Backbone(PACKAGED_BACKBONE, weights, 96))
    for damaged in (weights.path.parent / "graphs").glob(f"*{suffix}"):
        damaged.write_bytes(damaged.read_bytes()[:100])

    assert np.array_equal(rows(Backbone(PACKAGED_BACKBONE, weights, 96)), before)


def test_goes_by_torch_where_no_graph_can_be_written(weights: WeightsFile) -> None:
    (weights.path.parent / "graphs").write_text("in the way")

    backbone = Backbone(PACKAGED_BACKBONE, weights, 96)

    assert backbone.runtime.startswith("torch")
    assert len(rows(backbone)) == 144
