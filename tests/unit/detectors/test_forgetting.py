import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.bundle import read_bundle, read_manifest
from detectors.decode import Decoder
from detectors.fitting import FittedDetector
from detectors.forgetting import LearntAloneError, StillLearntError, forget
from detectors.methods.port import EmbeddedImage, MethodScore
from detectors.models import LoadedDetectors
from detectors.registering import register_fit
from detectors.threshold_versions import register_threshold
from storage.models import PinRow
from storage.opening import Stores
from storage.records import DetectorVersion, Forgotten
from storage.repositories.switches import apply_version
from storage.repositories.versions import list_versions
from tests.factories import NOON
from tests.plates import write_plates


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    return write_plates(tmp_path / "good", 12)


@pytest.fixture
def version(fitted: FittedDetector, photos: Sequence[Path], stores: Stores, tmp_path: Path) -> DetectorVersion:
    return register(fitted, photos, stores, tmp_path)


def register(fitted: FittedDetector, photos: Sequence[Path], stores: Stores, folder: Path) -> DetectorVersion:
    return register_fit(
        fitted, "line-1", stores, data_dir=folder, images=list(photos), goes_live=True, actor="ann", now=NOON
    )


def do(text: str, stores: Stores, folder: Path) -> Forgotten:
    return forget(text, stores, data_dir=folder, actor="ann", now=NOON)


def versions(stores: Stores) -> list[DetectorVersion]:
    with stores.database.reading() as session:
        return list_versions(session)


def test_takes_a_training_photo_out_of_every_version_that_has_it(
    version: DetectorVersion, stores: Stores, tmp_path: Path
) -> None:
    register_threshold(version, 9.0, stores, data_dir=tmp_path, now=NOON)
    photo = read_manifest(tmp_path / "bundles" / "line-1@1").hashes[2]

    done = do(photo, stores, tmp_path)

    assert set(done.bank_rows) == {"line-1@1", "line-1@2"}
    assert done.bank_rows["line-1@1"] == done.bank_rows["line-1@2"] > 0
    assert not stores.blobs.path(photo).exists()
    for one in versions(stores):
        manifest, arrays = read_bundle(tmp_path / (one.bundle or ""))
        assert photo not in manifest.hashes
        assert 2 not in arrays["origins"]
    assert sorted(folder.name for folder in (tmp_path / "bundles").iterdir()) == sorted(
        Path(one.bundle or "").name for one in versions(stores)
    )


def test_leaves_every_other_photo_pinned_and_kept(version: DetectorVersion, stores: Stores, tmp_path: Path) -> None:
    hashes = read_manifest(tmp_path / (version.bundle or "")).hashes

    do(hashes[2], stores, tmp_path)

    assert [stores.blobs.path(one).exists() for one in hashes] == [number != 2 for number in range(12)]


def test_a_process_that_judges_takes_up_the_new_bundle(
    version: DetectorVersion, stores: Stores, tmp_path: Path, weights_dir: Path, decoder: Decoder, photos: list[Path]
) -> None:
    shutil.copytree(weights_dir, tmp_path / "weights", dirs_exist_ok=True)
    loaded = LoadedDetectors(tmp_path, threads=1)
    pixels = decoder.decode(photos[2]).pixels
    before = loaded.get(version).inspect(pixels).score

    do(read_manifest(tmp_path / (version.bundle or "")).hashes[2], stores, tmp_path)
    after = loaded.get(versions(stores)[0]).inspect(pixels).score

    assert after > before
    assert len(loaded) == 1


def test_goes_on_where_an_earlier_try_died(version: DetectorVersion, stores: Stores, tmp_path: Path) -> None:
    photo = read_manifest(tmp_path / (version.bundle or "")).hashes[2]
    shutil.copytree(tmp_path / "bundles/line-1@1", tmp_path / "bundles/line-1@1+dead0000")
    stores.blobs.remove(photo)

    do(photo, stores, tmp_path)

    (folder,) = (tmp_path / "bundles").iterdir()
    assert folder.name not in {"line-1@1", "line-1@1+dead0000"}


def test_changes_nothing_where_a_detector_in_use_would_have_nothing_left(
    fitted: FittedDetector, photos: list[Path], stores: Stores, tmp_path: Path
) -> None:
    one = only_of_the_first(fitted)
    register(one, photos[:1], stores, tmp_path)
    photo = read_manifest(tmp_path / "bundles/line-1@1").hashes[0]

    with pytest.raises(LearntAloneError, match="fit it again without it first"):
        do(photo, stores, tmp_path)

    assert [folder.name for folder in (tmp_path / "bundles").iterdir()] == ["line-1@1"]
    assert stores.blobs.path(photo).exists()


def test_says_which_older_version_still_knows_it_until_another_one_judges(
    fitted: FittedDetector, version: DetectorVersion, photos: list[Path], stores: Stores, tmp_path: Path
) -> None:
    photo = read_manifest(tmp_path / (version.bundle or "")).hashes[2]
    forget_hashes(tmp_path / (version.bundle or ""))

    with pytest.raises(StillLearntError, match="is forgotten but for line-1@1"):
        do(photo, stores, tmp_path)
    assert not stores.blobs.path(photo).exists()

    stores.blobs.put(photos[2].read_bytes())
    pin_again(stores, version, photo)
    newer = register(fitted, photos[3:], stores, tmp_path)
    with stores.database.transaction() as session:
        apply_version(session, newer, actor="ann", now=NOON)
    do(photo, stores, tmp_path)
    assert [one.bundle is None for one in versions(stores)] == [True, False]


def only_of_the_first(fitted: FittedDetector) -> FittedDetector:
    class OneImage:
        def score(self, image: EmbeddedImage) -> MethodScore:
            raise NotImplementedError

        def arrays(self) -> dict[str, NDArray[np.generic]]:
            return {"bank": np.ones((2, 3), np.float32), "origins": np.zeros(2, np.int32), "highest": np.array([0])}

    return replace(fitted, _method=OneImage())


def forget_hashes(bundle: Path) -> None:
    file = bundle / "manifest.json"
    values = json.loads(file.read_text())
    del values["hashes"]
    values["images"] = ["same.png"] * 12
    file.write_text(json.dumps(values))


def pin_again(stores: Stores, version: DetectorVersion, photo: str) -> None:
    with stores.database.transaction() as session:
        session.add(PinRow(detector_version_id=version.id, sha256=photo))
