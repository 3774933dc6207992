"""A service that is asked to stop ends what it holds and hands back the rest: it loses no lease."""

import os
import signal
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from storage.database import Database
from storage.migrate import migrate
from storage.models import FrameRow, InspectionRow
from tests.fixtures.kept_homes import NAMES, restore_home
from tests.journeys.commands import Running, wait_until
from tests.plates import make_plate

FRAMES = 60
# After the kept home was made.
BEFORE = datetime(2026, 11, 26, 2, 45, tzinfo=UTC)


def family(pid: int) -> list[int]:
    """The process and all its descendants, as whoever stops a whole service signals them."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            for child in (task / "children").read_text(encoding="utf-8").split():
                found += family(int(child))
    return found


def frames(home: Path) -> list[tuple[str, int, str | None]]:
    """State, attempt and owner of each frame that is new in this home."""
    database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
    with database.reading() as session:
        new = session.scalars(select(FrameRow).where(FrameRow.received_at > BEFORE))
        found = [(row.state, row.attempt, row.lease_owner) for row in new]
    database.close()
    return found


def inspected(home: Path) -> tuple[int, int]:
    """How many inspections there are of new frames, and of how many frames."""
    database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
    with database.reading() as session:
        query = select(func.count(), func.count(InspectionRow.frame_id.distinct()))
        counts = session.execute(query.where(InspectionRow.inspected_at > BEFORE)).one()
    database.close()
    return counts[0], counts[1]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("signalled", ["the service alone", "every process of it"])
def test_loses_no_lease_to_a_stop(tmp_path: Path, signalled: str) -> None:
    home = tmp_path / "home"
    migrate(Database(f"sqlite:///{restore_home(NAMES[-1], home)}"))  # fitted already
    for seed in range(FRAMES):
        make_plate(seed).save(home / "incoming" / f"{seed}.png")
    with Running("detect", cwd=home, env={"ODDSPOT__DETECTOR__WORKERS": "2"}) as service:
        wait_until(lambda: Counter(state for state, *_ in frames(home))["scored"] >= 1, seconds=120)
        for pid in family(service.process.pid) if signalled == "every process of it" else [service.process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        assert service.stop() == 0

    left = frames(home)
    assert {state for state, *_ in left} == {"scored", "pending"}, "stopped too late to tell"
    assert [frame for frame in left if frame[0] == "pending" and frame[1:3] != (0, None)] == []

    with Running("detect", cwd=home, env={"ODDSPOT__DETECTOR__WORKERS": "2"}) as service:
        wait_until(
            lambda: len(done := frames(home)) == FRAMES and {state for state, *_ in done} == {"scored"}, seconds=120
        )
        assert service.stop() == 0
    assert inspected(home) == (FRAMES, FRAMES)
