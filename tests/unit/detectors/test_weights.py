from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from detectors import weight_tensors
from detectors.weight_tensors import read_weights
from detectors.weights import PACKAGED_BACKBONE, WeightsError, WeightsFile, ensure_weights


def test_converts_the_packaged_weights_once(weights_dir: Path) -> None:
    first = ensure_weights(PACKAGED_BACKBONE, weights_dir)
    stamp = first.path.stat().st_mtime_ns

    second = ensure_weights(PACKAGED_BACKBONE, weights_dir)

    assert first == second
    assert second.path.stat().st_mtime_ns == stamp
    assert [file.name for file in weights_dir.glob("*.safetensors*")] == [f"{PACKAGED_BACKBONE}.safetensors"]
    assert read_weights(first)["conv_stem.weight"].shape == (32, 3, 3, 3)


def test_never_reads_packaged_bytes_that_are_not_the_pinned_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weight_tensors, "PACKAGED_SHA256", "0" * 64)

    with pytest.raises(WeightsError, match="missing or changed"):
        ensure_weights(PACKAGED_BACKBONE, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_says_where_to_put_other_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"resnet18\.safetensors"):
        ensure_weights("resnet18", tmp_path)


def test_takes_weights_that_were_put_there(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(2)}, tmp_path / "resnet18.safetensors")

    found = ensure_weights("resnet18", tmp_path)

    assert found.path == tmp_path / "resnet18.safetensors"
    assert len(found.sha256) == 64


@pytest.mark.parametrize(
    "name",
    ["../resnet18", "/etc/passwd", "", "hf_hub:timm/resnet18", "torchvision/../resnet18", "torchvision/a/b", "timm/a"],
)
def test_refuses_a_name_that_is_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(WeightsError, match="not a timm name"):
        ensure_weights(name, tmp_path)


def test_names_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "resnet18.safetensors").write_bytes(b"no tensors")

    with pytest.raises(WeightsError, match=r"resnet18\.safetensors is damaged"):
        read_weights(WeightsFile(tmp_path / "resnet18.safetensors", "0" * 64))
