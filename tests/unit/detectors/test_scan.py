"""One look at a source: what there is no room for stays where it is, and is taken once there is."""

from datetime import timedelta
from pathlib import Path

from config.settings import Settings
from config.sources import LimitSettings
from detectors.decode import Decoder
from detectors.room import DiskGate
from detectors.scan import Scanner
from storage.opening import Stores
from storage.repositories.frames import queue_depth
from tests.factories import NOON
from tests.unit.detectors.test_room import FakeDisk

Looks = list[tuple[str, bool]]
LATER = NOON + timedelta(days=9000)  # every file is old enough to be whole


def scanner(stores: Stores, folder: Path, disk: FakeDisk, looks: Looks | None = None, **own: object) -> Scanner:
    for number in range(5):
        (folder / f"{number}.png").write_bytes(b"%d" % number)
    settings = Settings.model_validate({"sources": {"line-1": {"path": folder, **own}}})
    gate = DiskGate(settings.storage, look=disk)
    decoder = Decoder(LimitSettings())  # starts a process only once it is used
    looks = [] if looks is None else looks
    return Scanner(
        "line-1",
        stores,
        settings,
        decoder=decoder,
        gate=gate,
        clock=lambda: LATER,
        on_new=lambda: None,
        looked=lambda *look: looks.append(look),
    )


def waiting(stores: Stores) -> int:
    with stores.database.reading() as session:
        return queue_depth(session)


def test_takes_nothing_in_while_the_disk_is_full_and_everything_once_it_is_not(stores: Stores, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    disk = FakeDisk(used=975)
    one = scanner(stores, folder, disk)

    one.tick()
    assert (waiting(stores), one.waited_at) == (0, LATER)
    disk.used = 500
    one.tick()
    assert waiting(stores) == 5


def test_leaves_files_in_their_folder_where_enough_wait(stores: Stores, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    one = scanner(stores, folder, FakeDisk(), most_waiting=3)

    for _ in range(3):
        one.tick()

    assert waiting(stores) == 3
    assert one.waited_at == LATER
    assert len(list(folder.iterdir())) == 5


def test_says_of_every_look_whether_it_reached_its_source(stores: Stores, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    looks: Looks = []
    one = scanner(stores, folder, FakeDisk(), looks=looks)

    one.tick()
    folder.rename(tmp_path / "gone")
    one.tick()
    (tmp_path / "gone").rename(folder)
    one.tick()

    assert looks == [("line-1", True), ("line-1", False), ("line-1", True)]
