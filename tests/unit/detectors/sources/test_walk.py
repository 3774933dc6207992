from pathlib import Path

from detectors.sources.walk import walk_files


def test_finds_what_may_be_an_image_with_its_size(tmp_path: Path) -> None:
    for name in ("a.png", "sub/b", ".c.png", ".git/d.png", "sub/e.json", "f.PART"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")

    assert {relative: status.st_size for relative, status in walk_files(tmp_path)} == {"a.png": 5, "sub/b": 5}


def test_a_folder_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    assert list(walk_files(tmp_path / "gone")) == []
