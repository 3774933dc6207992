from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from config.keeping import StorageSettings
from config.sources import SourceSettings
from detectors.room import LATEST_KEPT, MOST_WAITING, DiskGate, Room, room_of
from storage.opening import Stores
from storage.records import DiskUse, SourceState
from storage.repositories.frames import receive_frame
from storage.repositories.sources import source_by_name
from tests.factories import make_source, make_version, new_frame


@dataclass
class FakeDisk:
    """A disk of 1,000 bytes as full as the test says."""

    used: int = 0
    is_gone: bool = False
    asked: list[Path] = field(default_factory=list)

    def __call__(self, folder: Path) -> DiskUse:
        self.asked.append(folder)
        if self.is_gone:
            raise FileNotFoundError(2, "No such file or directory")
        return DiskUse(self.used, 1000 - self.used)


def room(stores: Stores, waiting: int, *, state: SourceState = SourceState.LIVE, **own: Any) -> Room:
    with stores.database.transaction() as session:
        source = make_source(session, state=state)
        make_version(session, source)
        for number in range(waiting):
            receive_frame(session, new_frame(source, number))
        return room_of(session, source_by_name(session, "line-1"), SourceSettings.model_validate(own))


def test_shuts_at_the_share_of_the_settings_and_opens_well_below_it() -> None:
    disk = FakeDisk()
    gate = DiskGate(StorageSettings(data_dir=Path("here")), look=disk)
    found = []
    with capture_logs() as logs:
        for disk.used in (960, 969, 970, 999, 961, 960, 959, 969, 970):
            found.append(gate.is_open())

    assert found == [True, True, False, False, False, False, True, True, False]
    assert [line["event"] for line in logs] == ["intake_waits", "intake_goes_on", "intake_waits"]
    assert set(disk.asked) == {Path("here")}


def test_a_disk_that_cannot_be_looked_at_keeps_nobody_out() -> None:
    assert DiskGate(StorageSettings(), look=FakeDisk(is_gone=True)).is_open()


@pytest.mark.parametrize(("waiting", "most"), [(0, 20), (11, 9), (18, 2), (19, 0), (20, 0)])
def test_a_folder_brings_what_there_is_room_for_and_waits_until_a_tenth_is_free(
    stores: Stores, waiting: int, most: int
) -> None:
    assert room(stores, waiting, path="in", most_waiting=20) == Room(most=most)


def test_a_folder_waits_and_a_live_camera_keeps_the_latest(stores: Stores) -> None:
    url = "http://127.0.0.1/now.jpg"

    assert room(stores, 1, path="in") == Room(most=MOST_WAITING - 1)
    assert room(stores, 0, path="in", when_behind="keep_latest", most_waiting=3) == Room(keep=3)
    assert room(stores, 0, kind="snapshot", url=url) == Room(keep=LATEST_KEPT)
    assert room(stores, 0, kind="snapshot", url=url, mode="batch") == Room(most=MOST_WAITING - 1)
    assert room(stores, 0, kind="snapshot", url=url, when_behind="wait") == Room(most=MOST_WAITING - 1)


def test_a_camera_that_is_not_judged_is_not_overtaken_but_bounded(stores: Stores) -> None:
    url = "http://127.0.0.1/now.jpg"

    assert room(stores, 0, state=SourceState.PAUSED, kind="snapshot", url=url) == Room(keep=MOST_WAITING)
