import os
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import numpy as np
import pytest
from sklearn.datasets import load_sample_images

from detectors.backbones import Backbone, quantising
from detectors.backbones.pictures import made_up_pictures
from detectors.methods.port import Floats
from detectors.runtime import use_threads
from detectors.squares import squared
from detectors.weights import PACKAGED_BACKBONE, WeightsFile, ensure_weights
from tests.unit.detectors.backbones.samples import noise, save_random_timm

ROOT = Path(__file__).resolve().parents[4]
SIDE = 128
ELSEWHERE = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import numpy as np
from detectors.backbones import Backbone
from detectors.weights import ensure_weights
backbone = Backbone(sys.argv[3], ensure_weights(sys.argv[3], Path(sys.argv[2])), 128, precision="int8")
assert backbone.precision == "int8"
assert "torch" not in sys.modules, "torch was loaded"
pixels = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
np.save(sys.argv[4], backbone.embed_square(pixels).rows)
"""


@pytest.fixture
def weights(weights_dir: Path, tmp_path: Path) -> WeightsFile:
    """The packaged weights in a folder of their own, where no graph is kept yet."""
    packaged = ensure_weights(PACKAGED_BACKBONE, weights_dir)
    copyfile(packaged.path, tmp_path / packaged.path.name)
    return ensure_weights(PACKAGED_BACKBONE, tmp_path)


def in_eight_bits(weights: WeightsFile, name: str = PACKAGED_BACKBONE) -> Backbone:
    return Backbone(name, weights, SIDE, precision="int8")


def rows(backbone: Backbone) -> Floats:
    return backbone.embed_square(noise(SIDE)).rows


def test_says_nearly_the_same_of_photographs(weights_dir: Path) -> None:
    weights = ensure_weights(PACKAGED_BACKBONE, weights_dir)
    photographs = [squared(np.ascontiguousarray(one), SIDE) for one in load_sample_images().images]

    plain, eight = Backbone(PACKAGED_BACKBONE, weights, SIDE), in_eight_bits(weights)

    before, after = (np.concatenate([one.embed_square(p).rows for p in photographs]) for one in (plain, eight))
    assert (plain.precision, eight.precision) == ("float32", "int8")
    assert eight.runtime.endswith("int8")
    assert 0 < np.square(after - before).mean() < 0.15**2 * before.var(axis=0).mean()


def test_says_the_very_same_whatever_the_threads(weights_dir: Path) -> None:
    weights = ensure_weights(PACKAGED_BACKBONE, weights_dir)
    use_threads(1)
    one = rows(in_eight_bits(weights))
    use_threads(2)

    assert np.array_equal(rows(in_eight_bits(weights)), one)


@pytest.mark.parametrize("capped", [{}, {"ONEDNN_MAX_CPU_ISA": "AVX2"}])
def test_says_the_same_on_a_lesser_processor_and_loads_no_torch(
    weights: WeightsFile, tmp_path: Path, capped: dict[str, str]
) -> None:
    here = rows(in_eight_bits(weights))
    arguments = [str(ROOT), str(weights.path.parent), PACKAGED_BACKBONE, str(tmp_path / "rows.npy")]

    ended = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *arguments],
        env={**os.environ, **capped},
        capture_output=True,
        check=False,
        text=True,
    )

    assert ended.stderr == ""
    assert np.allclose(np.load(tmp_path / "rows.npy"), here, rtol=0, atol=1e-5 * np.abs(here).max())


def test_a_graph_in_eight_bits_stands_beside_the_plain_one(weights: WeightsFile) -> None:
    plain = rows(Backbone(PACKAGED_BACKBONE, weights, SIDE))
    in_eight_bits(weights)

    assert np.array_equal(rows(Backbone(PACKAGED_BACKBONE, weights, SIDE)), plain)
    assert not np.array_equal(rows(in_eight_bits(weights)), plain)


def test_is_plain_where_torch_runs_the_network(weights: WeightsFile) -> None:
    assert Backbone(PACKAGED_BACKBONE, weights, SIDE, runtime="torch", precision="int8").precision == "float32"


def test_is_plain_where_eight_bits_would_say_something_else(
    weights: WeightsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantising, "MOST_CHANGED", 0.001)

    backbone = in_eight_bits(weights)

    assert backbone.precision == "float32"
    assert backbone.runtime.endswith("float32")


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "mobilenetv3_small_100"])
def test_takes_any_network_and_says_in_what_it_computes(name: str, tmp_path: Path) -> None:
    weights = save_random_timm(name, tmp_path)
    plain = Backbone(name, weights, SIDE)

    eight = Backbone(name, weights, SIDE, precision="int8")

    change = np.square(rows(eight) - rows(plain)).mean() / rows(plain).var(axis=0).mean()
    assert change < 0.5 if eight.precision == "int8" else change == 0


def test_pictures_are_the_same_wherever_they_are_made() -> None:
    first, second = list(made_up_pictures(64)), list(made_up_pictures(64))

    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))
    assert {one.shape for one in first} == {(64, 64, 3)}
    assert len({one.tobytes() for one in first}) == len(first)
