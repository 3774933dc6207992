"""What doctor says of the decoder and of folders to be watched."""

from pathlib import Path

import pytest

from config.settings import Settings
from detectors import checks


def settings(tmp_path: Path, **source: object) -> Settings:
    return Settings.model_validate({"sources": {"line-1": {"path": tmp_path, **source}}})


def limits(tmp_path: Path, *, watches: int, instances: int = 128) -> Path:
    folder = tmp_path / "inotify"
    folder.mkdir()
    (folder / "max_user_watches").write_text(f"{watches}\n", encoding="ascii")
    (folder / "max_user_instances").write_text(f"{instances}\n", encoding="ascii")
    return folder


@pytest.mark.parametrize(("watches", "instances", "is_ok"), [(100, 128, True), (10, 128, False), (100, 1, False)])
def test_holds_folders_against_what_the_system_watches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, watches: int, instances: int, is_ok: bool
) -> None:
    for number in range(8):
        (tmp_path / "in" / str(number)).mkdir(parents=True)
    monkeypatch.setattr(checks, "INOTIFY", limits(tmp_path, watches=watches, instances=instances))

    [found] = checks._watching(settings(tmp_path / "in"))

    assert found.is_ok == is_ok
    assert found.found == f"9 folders of 1 sources; this system watches {watches} and {instances}"
    assert "sysctl" in found.fix


def test_says_nothing_of_folders_that_are_not_watched(tmp_path: Path) -> None:
    assert list(checks._watching(settings(tmp_path, schedule={"every_seconds": 5}))) == []


def test_decodes_a_picture_of_its_own(tmp_path: Path) -> None:
    well = checks._decoder(settings(tmp_path))
    cramped = checks._decoder(Settings.model_validate({"limits": {"max_pixels": 10}}))

    assert (well.is_ok, well.found) == (True, "in a process of its own, with limits")
    assert (cramped.is_ok, "too_many_pixels" in cramped.found) == (False, True)
