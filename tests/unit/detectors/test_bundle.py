import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors import bundle as bundle_module
from detectors.bundle import MANIFEST, TENSORS, BundleError, manifest_sha256, read_bundle
from detectors.fitting import FittedDetector


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


def edit_manifest(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    values = json.loads((folder / MANIFEST).read_text())
    change(values)
    (folder / MANIFEST).write_text(json.dumps(values))


def test_reads_back_what_was_written(bundle: Path, fitted: FittedDetector) -> None:
    manifest, arrays = read_bundle(bundle)

    assert manifest.threshold == fitted.report.threshold
    assert arrays["calibration_scores"].tolist() == list(fitted.calibration.scores)
    assert arrays["bank"].shape == (fitted.report.bank_rows, 152)
    assert len(manifest.thumbnails) == len(manifest.images) == 12
    assert set(arrays["origins"].tolist()) <= set(range(12))


def test_holds_only_hashed_files_and_a_manifest(bundle: Path) -> None:
    manifest, _ = read_bundle(bundle)

    found = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}

    assert found == {MANIFEST, *manifest.files}
    assert {Path(name).suffix for name in manifest.files} == {".safetensors", ".png"}


def test_the_manifest_names_the_bundle(fitted: FittedDetector, tmp_path: Path) -> None:
    digest = fitted.save(tmp_path / "a")

    assert manifest_sha256(tmp_path / "a") == digest == fitted.save(tmp_path / "b")


def test_never_writes_over_a_bundle(fitted: FittedDetector, copy: Path) -> None:
    with pytest.raises(BundleError, match="already there"):
        fitted.save(copy)

    read_bundle(copy)


def test_leaves_nothing_half_written(fitted: FittedDetector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = bundle_module.write_synced, []

    def full_disk(path: Path, content: bytes) -> None:
        calls.append(path)
        if len(calls) > 3:
            raise OSError(28, "No space left on device")
        real(path, content)

    monkeypatch.setattr(bundle_module, "write_synced", full_disk)

    with pytest.raises(BundleError, match="No space left"):
        fitted.save(tmp_path / "a")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [TENSORS, "thumbnails/0000.png"])
def test_names_a_file_that_was_changed(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    data[-1] ^= 1
    (copy / name).write_bytes(bytes(data))

    with pytest.raises(BundleError, match=f"{name} does not match its hash"):
        read_bundle(copy)


@pytest.mark.parametrize("name", [TENSORS, MANIFEST])
def test_names_a_file_that_is_missing(copy: Path, name: str) -> None:
    (copy / name).unlink()

    with pytest.raises(BundleError, match=f"{name} is missing"):
        read_bundle(copy)


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "thumbnails/../../a.png", "model.pkl", "a/b/c.png"])
def test_refuses_a_name_outside_the_bundle(copy: Path, name: str) -> None:
    edit_manifest(copy, lambda values: values["files"].update({name: "0" * 64}))

    with pytest.raises(BundleError, match="no file of a bundle"):
        read_bundle(copy)


def test_follows_no_link_out_of_the_bundle(copy: Path, tmp_path: Path) -> None:
    (copy / TENSORS).rename(tmp_path / "elsewhere")
    (copy / TENSORS).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(BundleError, match=TENSORS):
        read_bundle(copy)


def test_follows_no_link_of_its_folder_of_thumbnails(copy: Path, tmp_path: Path) -> None:
    (copy / "thumbnails").rename(tmp_path / "elsewhere")
    (copy / "thumbnails").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(BundleError, match=r"thumbnails/0000\.png is missing"):
        read_bundle(copy)


@pytest.mark.parametrize("name", [MANIFEST, TENSORS, "thumbnails/0000.png"])
def test_reads_no_file_that_is_larger_than_any_of_a_bundle(copy: Path, name: str) -> None:
    with (copy / name).open("r+b") as file:
        file.truncate(1 << 40)  # sparse: it takes no room

    with pytest.raises(BundleError, match="larger than any file of a bundle"):
        read_bundle(copy)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", [MANIFEST, TENSORS])
def test_waits_for_no_pipe(copy: Path, name: str) -> None:
    (copy / name).unlink()
    os.mkfifo(copy / name)

    with pytest.raises(BundleError, match="is missing"):
        read_bundle(copy)


def test_refuses_a_manifest_that_names_no_end_of_files(copy: Path) -> None:
    many = {f"thumbnails/{number}.png": "0" * 64 for number in range(10_001)}
    edit_manifest(copy, lambda values: values["files"].update(many))

    with pytest.raises(BundleError, match="more files than a bundle has"):
        read_bundle(copy)


def test_says_that_a_bundle_is_newer(copy: Path) -> None:
    edit_manifest(copy, lambda values: values.update({"schema": 2, "something": "new"}))

    with pytest.raises(BundleError, match="schema 2; this version of Oddspot reads up to 1"):
        read_bundle(copy)


@pytest.mark.parametrize(
    ("key", "value"),
    [("threshold", float("nan")), ("threshold", "high"), ("weights_sha256", "short"), ("files", [])],
)
def test_names_a_key_that_makes_no_sense(copy: Path, key: str, value: object) -> None:
    edit_manifest(copy, lambda values: values.update({key: value}))

    with pytest.raises(BundleError, match=key):
        read_bundle(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": 1}'])
def test_refuses_what_is_no_manifest(copy: Path, text: str) -> None:
    (copy / MANIFEST).write_text(text)

    with pytest.raises(BundleError, match=MANIFEST):
        read_bundle(copy)


def test_the_arrays_come_back_bit_for_bit(bundle: Path, fitted: FittedDetector) -> None:
    _, arrays = read_bundle(bundle)

    assert all(np.array_equal(arrays[name], value) for name, value in fitted._method.arrays().items())
