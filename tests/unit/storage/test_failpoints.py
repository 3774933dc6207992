import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage.failpoints import VARIABLE, reach
from tests.journeys.commands import ROOT

STEPS = "from storage.failpoints import reach\nfor step in {steps!r}: reach(step); print(step, flush=True)"


def died_at(file: Path, *steps: str) -> tuple[int, list[str]]:
    code = [sys.executable, "-c", STEPS.format(steps=steps)]
    done = subprocess.run(
        code, env={VARIABLE: str(file)}, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout.split()


def test_does_nothing_where_no_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)

    reach("frame.claimed")


def test_ends_the_process_at_the_step_and_count_that_the_file_names(tmp_path: Path) -> None:
    armed = tmp_path / "armed"
    armed.write_text("b 2", encoding="utf-8")

    code, reached = died_at(armed, "b", "a", "b", "c")

    assert (code, reached) == (-signal.SIGKILL, ["b", "a"])
    assert armed.read_text(encoding="utf-8") == ""


def test_counts_on_from_one_process_to_the_next(tmp_path: Path) -> None:
    armed = tmp_path / "armed"
    armed.write_text("b 2", encoding="utf-8")

    first, second = died_at(armed, "b"), died_at(armed, "a", "b")

    assert (first, second) == ((0, ["b"]), (-signal.SIGKILL, ["a"]))


def test_goes_on_where_the_file_is_empty_or_gone(tmp_path: Path) -> None:
    spent = tmp_path / "spent"
    spent.touch()

    assert died_at(spent, "b") == died_at(tmp_path / "gone", "b") == (0, ["b"])
