"""What is kept can be read by its owner alone, also in a folder that others may read, whatever the umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.commands import oddspot
from tests.journeys.conftest import write_settings
from tests.plates import write_plates

OTHERS = stat.S_IRWXG | stat.S_IRWXO


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """Return what others may read under a folder; the network's public weights are no secret."""
    found = [path for path in folder.rglob("*") if path.lstat().st_mode & OTHERS and not path.is_symlink()]
    return sorted(str(path.relative_to(folder)) for path in found if path.relative_to(folder).parts[0] != "weights")


def test_keeps_everything_from_others_in_a_folder_that_they_may_read(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    (tmp_path / "incoming").mkdir()
    write_settings(tmp_path)
    write_plates(tmp_path / "good", 4)

    for command in (
        ("fit", "line-1", "--good", "good", "--live"),
        ("model", "threshold", "line-1", "99"),
        ("ask", "how many anomalies today?", "--thread", "t"),
    ):
        done = oddspot(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stderr

    assert (tmp_path / "data" / "oddspot.db").exists()
    assert (tmp_path / "data" / "threads.db").exists()
    assert open_to_others(tmp_path / "data") == []


def test_writes_settings_that_others_cannot_read(tmp_path: Path) -> None:
    assert oddspot("init", cwd=tmp_path).returncode == 0
    assert stat.S_IMODE((tmp_path / "oddspot.yaml").stat().st_mode) == 0o600
