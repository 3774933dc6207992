"""`oddspot chat`, `ask` and `feedback` as real processes, on a pseudo-terminal where a person would sit."""

import contextlib
import csv
import io
import os
import pty
import select
import stat
import subprocess
import time
from pathlib import Path

import pytest

from agent.talk import utc_now
from tests.factories_agent import make_plant
from tests.journeys.commands import FRONT_DOOR, environment, json_lines, oddspot

PATIENCE = 60.0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with settings and three anomalies of line-1."""
    (tmp_path / "in").mkdir()
    (tmp_path / "oddspot.yaml").write_text(
        "sources: {line-1: {path: in}}\nstorage: {data_dir: data}\n", encoding="utf-8"
    )
    (tmp_path / "data").mkdir()
    plant = make_plant(tmp_path / "data")
    for _ in range(3):
        plant.anomaly(at=utc_now())
    plant.database.close()
    return tmp_path


class Sitting:
    """A person at a terminal: types lines, reads what comes."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [*FRONT_DOOR, *arguments],
            cwd=cwd,
            env=environment(TERM="dumb", COLUMNS="200"),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            close_fds=True,
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while words not in self.seen:
            assert time.monotonic() < deadline, self.seen
            self._read()
        self.seen = self.seen.partition(words)[2]

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def end(self) -> int:
        code = self.process.wait(timeout=PATIENCE)
        os.close(self._master)
        return code

    def _read(self) -> None:
        if select.select([self._master], [], [], 0.2)[0]:
            with contextlib.suppress(OSError):  # Linux says so once the other end is closed
                self.seen += os.read(self._master, 65536).decode(errors="replace")


def test_talks_on_a_terminal_confirms_and_ends_with_ctrl_d(home: Path) -> None:
    person = Sitting("chat", cwd=home)
    person.wait_for("oddspot>")
    person.type("how many anomalies today?\n")
    person.wait_for("3 anomalies")
    person.wait_for("oddspot>")
    person.type("mute line-1 for 2 hours\n")
    person.wait_for("Do it? [y/N]")
    person.type("y\n")
    person.wait_for("line-1 is silenced until")
    person.wait_for("oddspot>")  # typed before, readline would not see it as the end
    person.type("\x04")

    assert person.end() == 0
    history = home / "data" / "chat_history"
    assert "how many anomalies today?" in history.read_text(encoding="utf-8")
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    listed = json_lines(oddspot("silence", "list", "--json", cwd=home))
    assert [one["source"] for one in listed] == ["line-1"]


def test_asks_before_it_changes_anything_and_takes_no_for_an_answer(home: Path) -> None:
    person = Sitting("ask", "label A-1 as scratch", cwd=home)
    person.wait_for("Do it? [y/N]")
    person.type("\n")
    person.wait_for("Nothing was changed.")

    assert person.end() == 0
    (audit,) = json_lines(oddspot("ask", "show A-1", "--json", cwd=home))
    assert "Nobody has labelled" in audit["answer"]


def test_gives_scripts_a_proposal_as_data_and_does_nothing(home: Path) -> None:
    (answer,) = json_lines(oddspot("ask", "silence line-1 for 2 hours", "--json", cwd=home))
    piped = oddspot("ask", "silence line-1 for 2 hours", cwd=home, given="y\n")

    assert answer["proposal"]["action"] == "silence"
    assert answer["proposal"]["parameters"]["source"] == "line-1"
    assert "Nothing was changed: a person has to confirm it" in piped.stdout
    assert json_lines(oddspot("silence", "list", "--json", cwd=home)) == []


def test_writes_a_chart_and_a_table(home: Path) -> None:
    done = oddspot(
        "ask", "anomalies per day over the last 7 days", "--chart", "days.png", "--csv", "days.csv", cwd=home
    )
    nothing = oddspot("ask", "is everything ok?", "--chart", "none.png", cwd=home)
    both = oddspot("ask", "-", "--csv", "x.csv", cwd=home, given="how many?\n")

    assert done.returncode == 0, done.stderr
    assert (home / "days.png").read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader(io.StringIO((home / "days.csv").read_text(encoding="utf-8"))))
    assert sum(int(row["anomalies"]) for row in rows) == 3
    assert nothing.returncode == 1
    assert nothing.stderr.strip().endswith("This answer has no chart or picture, so no file was written.")
    assert not (home / "none.png").exists()
    assert both.returncode == 1
    assert "one question" in both.stderr


def test_lists_what_people_thought_of_answers(home: Path) -> None:
    talked = oddspot("chat", cwd=home, given="how many anomalies today?\n/bad\n")
    listed = json_lines(oddspot("feedback", "--json", cwd=home))
    shown = oddspot("feedback", cwd=home, env={"COLUMNS": "200"})

    assert talked.returncode == 0, talked.stderr
    assert [(one["question"], one["helpful"], one["tools"]) for one in listed] == [
        ("how many anomalies today?", False, ["count_anomalies"])
    ]
    assert "not helpful" in shown.stdout
