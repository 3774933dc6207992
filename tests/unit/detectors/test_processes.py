import os
import signal
from pathlib import Path

import pytest

from detectors.processes import ScoringProcess
from storage.owners import owner_name
from tests.journeys.commands import wait_until


@pytest.mark.timeout(60)
def test_waking_one_that_hangs_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    process = ScoringProcess(None, threads=1)
    pid = process._process.pid
    owner = owner_name(pid)
    os.kill(pid, signal.SIGSTOP)

    for _ in range(100_000):  # more than a pipe holds
        process.wake()

    os.kill(pid, signal.SIGKILL)
    process._process.wait()
    process.wake()  # nobody reads any more
    assert process.look() == owner
    process.wait()


@pytest.mark.timeout(60)
def test_kills_one_that_hangs_and_starts_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    process = ScoringProcess(None, threads=1, hang_seconds=0.0)
    hanging = process._process.pid
    owner = owner_name(hanging)
    os.kill(hanging, signal.SIGSTOP)

    assert process.look() is None
    process._process.wait()
    assert process.look() == owner
    wait_until(lambda: process.look() is None and process._process.pid != hanging)
    process._process.kill()
    process.wait()


@pytest.mark.timeout(60)
def test_hears_that_rounds_are_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    process = ScoringProcess(None, threads=1)
    started_at = process._beat_at

    wait_until(lambda: process.look() is None and process._beat_at > started_at)

    assert not process._has_worked
    process._process.kill()
    process.wait()


@pytest.mark.timeout(60)
def test_says_who_held_what_of_a_process_that_had_to_be_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    hanging, well = ScoringProcess(None, threads=1), ScoringProcess(None, threads=1)
    pid = hanging._process.pid
    owner = owner_name(pid)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T")
    for process in (hanging, well):
        process.ask_to_stop()

    assert hanging.wait(seconds=0.2) == owner
    assert well.wait() is None
