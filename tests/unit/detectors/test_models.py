from dataclasses import replace
from pathlib import Path
from shutil import copytree

from detectors.models import LoadedDetectors
from storage.opening import Stores
from storage.records import DetectorVersion
from tests.factories import make_source, make_version


def versions(stores: Stores, bundle: Path, folder: Path, count: int) -> list[DetectorVersion]:
    with stores.database.transaction() as session:
        version = make_version(session, make_source(session))
    copytree(bundle, folder / "bundle")
    return [replace(version, id=number, bundle="bundle") for number in range(count)]


def loaded(folder: Path, weights_dir: Path, kept_bytes: int) -> LoadedDetectors:
    (folder / "weights").symlink_to(weights_dir)
    return LoadedDetectors(folder, threads=1, kept_bytes=kept_bytes)


def test_loads_a_version_once(stores: Stores, bundle: Path, tmp_path: Path, weights_dir: Path) -> None:
    [one] = versions(stores, bundle, tmp_path, 1)
    detectors = loaded(tmp_path, weights_dir, 10**9)

    assert detectors.get(one) is detectors.get(one)


def test_forgets_the_least_used_where_they_take_too_much(
    stores: Stores, bundle: Path, tmp_path: Path, weights_dir: Path
) -> None:
    first, second, third = versions(stores, bundle, tmp_path, 3)
    detectors = loaded(tmp_path, weights_dir, 2)
    detectors = LoadedDetectors(tmp_path, threads=1, kept_bytes=2 * detectors.get(first).memory_bytes)
    kept, lost = detectors.get(first), detectors.get(second)
    detectors.get(first)

    detectors.get(third)

    assert len(detectors) == 2
    assert detectors.get(first) is kept
    assert detectors.get(second) is not lost


def test_always_keeps_the_last_however_large(stores: Stores, bundle: Path, tmp_path: Path, weights_dir: Path) -> None:
    first, second = versions(stores, bundle, tmp_path, 2)
    detectors = loaded(tmp_path, weights_dir, 1)

    detectors.get(first)

    assert detectors.get(second) is detectors.get(second)
    assert len(detectors) == 1
