from pathlib import Path

import pytest
import torch

from detectors.checkpoints import FileCheckpoints, NoCheckpoints, training_key


def write_images(folder: Path, *contents: bytes) -> list[Path]:
    paths = [folder / f"{number}.png" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def test_brings_back_the_last_state_saved(tmp_path: Path) -> None:
    checkpoints = FileCheckpoints(tmp_path / "deep" / "one.safetensors")

    checkpoints.save({"weight": torch.zeros(2)})
    checkpoints.save({"weight": torch.arange(6.0).reshape(2, 3).T})

    state = FileCheckpoints(tmp_path / "deep" / "one.safetensors").load()
    assert state is not None
    assert torch.equal(state["weight"], torch.tensor([[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["one.safetensors"]


def test_starts_again_where_nothing_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "one.safetensors"

    assert FileCheckpoints(path).load() is None
    path.write_bytes(b"torn")
    assert FileCheckpoints(path).load() is None


def test_forgets_a_training_that_is_over(tmp_path: Path) -> None:
    checkpoints = FileCheckpoints(tmp_path / "one.safetensors")
    checkpoints.save({"weight": torch.zeros(2)})

    checkpoints.forget()
    checkpoints.forget()

    assert checkpoints.load() is None


def test_keeps_nothing_where_nobody_would_resume() -> None:
    checkpoints = NoCheckpoints()

    checkpoints.save({"weight": torch.zeros(2)})

    assert checkpoints.load() is None


def test_names_the_same_training_alike(tmp_path: Path) -> None:
    images = write_images(tmp_path, b"a", b"bb")

    assert training_key(images, seed=1, name="all") == training_key(images, name="all", seed=1)


@pytest.mark.parametrize("change", ["choice", "file", "size"])
def test_names_another_training_otherwise(tmp_path: Path, change: str) -> None:
    images = write_images(tmp_path, b"a", b"bb")
    before = training_key(images, seed=1)

    if change == "size":
        images[1].write_bytes(b"bbb")
    after = training_key(images[:1] if change == "file" else images, seed=2 if change == "choice" else 1)

    assert after != before
