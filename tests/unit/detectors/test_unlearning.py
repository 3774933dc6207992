import shutil
from pathlib import Path

import numpy as np
import pytest

from detectors.bundle import BundleError, read_bundle, read_manifest, read_thumbnail
from detectors.decode import Decoder
from detectors.scoring import load_detector
from detectors.unlearning import Arrays, number_of, unlearn, without_image
from tests.plates import write_plates
from tests.unit.detectors.exactly import exact_distances


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "line-1@1"))


def test_takes_out_every_bank_row_of_the_image_and_none_besides(copy: Path) -> None:
    _, before = read_bundle(copy)
    left = unlearn(copy, 3)
    assert left.folder is not None
    _, after = read_bundle(left.folder)

    kept = before["origins"] != 3
    assert left.rows == int((~kept).sum()) > 0
    assert np.array_equal(after["bank"], before["bank"][kept])
    assert np.array_equal(after["places"], before["places"][kept])
    assert 3 not in after["origins"]
    assert after["calibration_scores"].tolist() == before["calibration_scores"].tolist()


def test_takes_out_its_name_hash_and_thumbnail(copy: Path) -> None:
    before = read_manifest(copy)
    left = unlearn(copy, 3)
    assert left.folder is not None
    after = read_manifest(left.folder)

    assert after.images[3] == "(forgotten)"
    assert after.hashes[3] == ""
    assert read_thumbnail(left.folder, 3) != read_thumbnail(copy, 3)
    assert [name for place, name in enumerate(after.images) if place != 3] == [
        name for place, name in enumerate(before.images) if place != 3
    ]
    assert read_thumbnail(left.folder, 4) == read_thumbnail(copy, 4)


def test_what_is_left_still_judges(copy: Path, weights_dir: Path, decoder: Decoder, tmp_path: Path) -> None:
    pixels = decoder.decode(write_plates(tmp_path / "plates", 1)[0]).pixels
    left = unlearn(copy, 3)
    assert left.folder is not None
    before, after = (load_detector(one, weights_dir=weights_dir, threads=1) for one in (copy, left.folder))

    nearest = [exact_distances(one, pixels) for one in (before, after)]
    assert (nearest[1] >= nearest[0] - 1e-3).all()  # a row fewer brings no patch nearer
    assert nearest[1].max() > nearest[0].max()
    assert after.inspect(pixels).verdict == before.inspect(pixels).verdict


def test_a_fit_notes_which_photo_is_which(copy: Path) -> None:
    manifest = read_manifest(copy)

    assert len(set(manifest.hashes)) == len(manifest.images) == 12
    assert number_of(manifest, manifest.hashes[4], frozenset()) == 4
    assert number_of(manifest, "0" * 64, frozenset({manifest.images[4]})) is None


def test_knows_the_photos_of_an_older_bundle_by_a_name_that_is_the_only_one(copy: Path) -> None:
    older = read_manifest(copy).model_copy(update={"hashes": ()})
    twice = older.model_copy(update={"images": (*older.images[:-1], older.images[4])})

    assert number_of(older, "0" * 64, frozenset({older.images[4]})) == 4
    assert number_of(twice, "0" * 64, frozenset({older.images[4]})) is None


def test_leaves_no_bundle_where_no_row_is_left() -> None:
    arrays: Arrays = {"bank": np.ones((2, 3)), "origins": np.zeros(2, np.int32), "metric": np.eye(3)}

    left, rows = without_image(arrays, 0)

    assert (len(left["bank"]), rows) == (0, 2)
    assert np.array_equal(left["metric"], np.eye(3))


def test_does_not_touch_a_damaged_bundle(copy: Path) -> None:
    (copy / "tensors.safetensors").write_bytes(b"damaged")

    with pytest.raises(BundleError, match="does not match its hash"):
        unlearn(copy, 3)

    assert [one.name for one in copy.parent.iterdir()] == ["line-1@1"]
