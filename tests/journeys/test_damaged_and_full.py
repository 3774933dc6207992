"""A database that is damaged and a disk that is full: one sentence with the way out, never a traceback."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.histories import line
from tests.journeys.commands import oddspot

FULL = Path("/dev/full")  # Linux: every write says that there is no room
PAGE = 4096


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with settings and a history of some pages."""
    (tmp_path / "oddspot.yaml").write_text(json.dumps({"storage": {"data_dir": "data"}}))
    (tmp_path / "history.jsonl").write_text("\n".join(json.dumps(line(hours)) for hours in range(400)))
    assert oddspot("history", "import", "history.jsonl", cwd=tmp_path).returncode == 0
    return tmp_path


def overwrite_head(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(b"x" * 200)


def overwrite_tables(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(PAGE)
        opened.write(os.urandom(file.stat().st_size - PAGE))


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 3)


@pytest.mark.parametrize("damage", [overwrite_head, overwrite_tables, cut])
def test_says_how_to_come_back_from_a_damaged_database(home: Path, damage: Callable[[Path], None]) -> None:
    file = home / "data" / "oddspot.db"
    assert oddspot("db", "backup", "kept", cwd=home).returncode == 0
    damage(file)

    checked = oddspot("db", "check", "--json", cwd=home)
    others = [oddspot(*words, cwd=home) for words in (("source", "list"), ("history", "export"), ("db", "backup", "b"))]
    for name in ("oddspot.db", "oddspot.db-wal", "oddspot.db-shm"):
        (home / "data" / name).unlink(missing_ok=True)
    restored = oddspot("db", "restore", "kept", cwd=home)

    last = [json.loads(one) for one in checked.stdout.splitlines()][-1]
    assert (checked.returncode, last["name"], last["ok"]) == (1, "file", False)
    assert f"Move {file} away" in last["fix"]
    assert [done.stderr.count("\n") for done in others] == [1, 1, 1]
    assert all(done.stderr.startswith("oddspot: The database cannot be used: ") for done in others)
    assert restored.returncode == 0, restored.stderr
    assert len(oddspot("history", "export", cwd=home).stdout.splitlines()) == 400


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a file that is always full")
@pytest.mark.parametrize("command", [("history", "export"), ("source", "list", "--json"), ("ask", "how many?")])
def test_says_in_a_sentence_that_there_is_no_room_for_its_output(home: Path, command: tuple[str, ...]) -> None:
    done = oddspot(*command, cwd=home, to=FULL)

    assert (done.returncode, done.stderr) == (1, "oddspot: No space left on device.\n")


def test_looks_at_all_the_rest_where_the_weights_cannot_be_written(home: Path) -> None:
    (home / "data" / "weights").write_text("no folder")

    done = oddspot("doctor", "--json", cwd=home)

    found = {check["name"]: check for check in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 1
    assert "cannot be written" in found["weights"]["found"]
    assert found["decoder"]["ok"]
    assert "slack" in found
