import os
from pathlib import Path

import numpy as np
import pytest

from detectors.bundle import MANIFEST, BundleError, manifest_sha256, read_bundle
from detectors.rethresholding import ThresholdError, move_threshold
from detectors.scoring import Detector, load_detector
from tests.factories_learning import small_bundle


def test_shares_every_file_and_changes_only_threshold_and_promise(tmp_path: Path) -> None:
    small_bundle(tmp_path / "line-1@1")

    moved = move_threshold(tmp_path / "line-1@1", tmp_path / "line-1@2", 0.7)

    before, after = read_bundle(tmp_path / "line-1@1")[0], read_bundle(tmp_path / "line-1@2")[0]
    assert after.files == before.files
    assert all((tmp_path / "line-1@1" / name).samefile(tmp_path / "line-1@2" / name) for name in before.files)
    assert (after.threshold, after.promised_rate) == (0.7, 2 / 5)
    assert after.map_threshold == 0.6
    kept = {"threshold", "map_threshold", "promised_rate", "promised_interval"}
    assert after.model_dump(exclude=kept) == before.model_dump(exclude=kept)
    assert moved.manifest_sha256 == manifest_sha256(tmp_path / "line-1@2")
    assert moved.details["calibration_sentence"] == "4 normal images promise at most 40 % false alarms."


def test_gives_every_image_the_same_score_and_another_verdict(
    bundle: Path, detector: Detector, weights_dir: Path, tmp_path: Path
) -> None:
    pixels = np.full((96, 96, 3), 90, np.uint8)
    scored = detector.inspect(pixels)

    move_threshold(bundle, tmp_path / "line-1@2", scored.score * 0.5)
    other = load_detector(tmp_path / "line-1@2", weights_dir=weights_dir, threads=1).inspect(pixels)

    assert other.score == scored.score
    assert other.verdict == "anomalous"


def test_leaves_nothing_behind_where_it_cannot_be_done(tmp_path: Path) -> None:
    small_bundle(tmp_path / "line-1@1")
    damaged = tmp_path / "line-1@1" / "thumbnails/0000.png"
    damaged.write_bytes(b"other")

    with pytest.raises(BundleError, match="does not match its hash"):
        move_threshold(tmp_path / "line-1@1", tmp_path / "line-1@2", 0.7)
    with pytest.raises(ThresholdError, match="finite"):
        move_threshold(tmp_path / "line-1@1", tmp_path / "line-1@2", float("nan"))
    small_bundle(tmp_path / "line-1@3")
    with pytest.raises(BundleError, match="already there"):
        move_threshold(tmp_path / "line-1@3", tmp_path / "line-1@3", 0.7)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["line-1@1", "line-1@3"]


def test_copies_where_the_disk_cannot_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_bundle(tmp_path / "line-1@1")

    def no_links(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(os, "link", no_links)
    move_threshold(tmp_path / "line-1@1", tmp_path / "line-1@2", 0.7)

    assert read_bundle(tmp_path / "line-1@2")[0].files
    assert not (tmp_path / "line-1@1" / MANIFEST).samefile(tmp_path / "line-1@2" / MANIFEST)
