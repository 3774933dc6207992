"""Processes of their own score; one that is killed is replaced, and what it held is scored all the same."""

import os
import signal
from pathlib import Path

import pytest

from storage.database import Database
from storage.models import FrameRow, InspectionRow
from storage.owners import owner_name
from storage.repositories.frames import claim_frames
from tests.journeys.commands import Running, wait_until
from tests.plates import make_plate


def scorers(service: Running) -> list[int]:
    """The process ids of the service's scoring processes."""
    pid = service.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    lines = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
    return [child for child, line in lines.items() if b"--only-score" in line]


def states(home: Path) -> list[str]:
    database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
    with database.reading() as session:
        found = [row.state for row in session.query(FrameRow)]
    database.close()
    return found


def inspections(home: Path) -> int:
    database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
    with database.reading() as session:
        count = session.query(InspectionRow).count()
    database.close()
    return count


def drop(home: Path, first: int, count: int) -> None:
    for seed in range(first, first + count):
        make_plate(seed).save(home / "incoming" / f"{seed}.png")


@pytest.mark.timeout(300)
def test_a_killed_process_is_replaced_and_what_it_held_is_scored_once(home: Path) -> None:
    with Running("detect", cwd=home, env={"ODDSPOT__DETECTOR__WORKERS": "2"}) as service:
        service.wait_for("detecting")
        wait_until(lambda: len(scorers(service)) == 2)
        before = scorers(service)
        drop(home, 100, 40)
        wait_until(lambda: "leased" in states(home))
        for victim in before:
            os.kill(victim, signal.SIGKILL)

        wait_until(lambda: states(home) == ["scored"] * 40)

        assert len(scorers(service)) == 2
        assert not {*scorers(service)} & {*before}
        assert service.stop() == 0
    assert inspections(home) == 40


def scorers_left(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.mark.timeout(120)
def test_scoring_processes_end_with_a_service_that_is_killed(home: Path) -> None:
    with Running("detect", cwd=home) as service:
        service.wait_for("detecting")
        wait_until(lambda: len(scorers(service)) >= 1)
        children = scorers(service)

        service.process.kill()

        wait_until(lambda: not any(scorers_left(child) for child in children))


@pytest.mark.timeout(240)
def test_what_a_service_held_that_was_killed_whole_is_scored_by_the_next_one_at_once(home: Path) -> None:
    with Running("detect", cwd=home) as service:
        service.wait_for("detecting")
        wait_until(lambda: len(scorers(service)) >= 1)
        for child in scorers(service):
            os.kill(child, signal.SIGSTOP)
        drop(home, 300, 3)
        wait_until(lambda: len(states(home)) == 3)
        database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
        with database.transaction() as session:
            held = claim_frames(session, owner=owner_name(scorers(service)[0]), limit=3, lease_seconds=900)
        database.close()
        children = scorers(service)
        service.process.kill()
        for child in children:
            os.kill(child, signal.SIGKILL)
    assert len(held) == 3

    with Running("detect", cwd=home) as service:
        wait_until(lambda: states(home) == ["scored"] * 3)
        assert service.stop() == 0
