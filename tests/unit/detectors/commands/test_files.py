import os
from pathlib import Path

import pytest

from detectors.commands.files import NoImagesError, list_images, picture_name
from tests.bad_files.names import NAMES
from tests.plates import write_plates


def test_lists_files_and_what_lies_under_folders_sorted(tmp_path: Path) -> None:
    write_plates(tmp_path / "b" / "deep", 2)
    write_plates(tmp_path / "b", 1)
    (tmp_path / "b" / "notes.txt").touch()
    (tmp_path / "b" / ".hidden.png").touch()

    found = list_images([tmp_path / "b"])

    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "b/deep/plate-000.png",
        "b/deep/plate-001.png",
        "b/plate-000.png",
    ]


def test_lists_a_link_that_leads_nowhere_but_follows_none_to_a_folder(tmp_path: Path) -> None:
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (tmp_path / "up").symlink_to(tmp_path, target_is_directory=True)

    assert list_images([tmp_path]) == [tmp_path / "loop.png"]
    assert list_images([tmp_path / "loop.png"]) == [tmp_path / "loop.png"]


@pytest.mark.parametrize("name", ["gone.png", "x" * 300, "a\nb"])
def test_says_what_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(NoImagesError, match="There is no file or folder"):
        list_images([tmp_path / name])


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_called_by_what_every_disk_takes_of_a_name(tmp_path: Path, name: bytes) -> None:
    called = picture_name(7, tmp_path / os.fsdecode(name))

    assert called.startswith("00007-")
    assert called.endswith(".png")
    assert len(called.encode()) <= 100
    assert called.isprintable()
    assert "/" not in called
