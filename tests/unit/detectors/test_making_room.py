from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from config.settings import Settings
from detectors import making_room
from detectors.making_room import make_room
from storage.models import FrameRow
from storage.opening import Stores
from storage.records import DiskUse
from tests.factories import NOON, make_inspection, make_source, make_version

FRAMES, FEW = 60, 5


@dataclass
class BlobDisk:
    """A disk full of blobs alone: what there are of them takes a share of it."""

    stores: Stores
    full_at: int

    def __call__(self, _folder: Path) -> DiskUse:
        count = len(list(self.stores.blobs.names()))
        return DiskUse(count, self.full_at - count)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making_room, "AT_ONCE", FEW)


def fill(stores: Stores) -> None:
    with stores.database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        for number in range(FRAMES):
            make_inspection(session, source, version, number, score=0.5)
            name = stores.blobs.put(f"{number}".encode())
            received_at = NOON - timedelta(hours=FRAMES - number)
            session.execute(
                update(FrameRow).where(FrameRow.id == number + 1).values(sha256=name, received_at=received_at)
            )


def kept(stores: Stores) -> list[int]:
    with stores.database.reading() as session:
        return list(session.scalars(select(FrameRow.id).where(FrameRow.has_blob).order_by(FrameRow.id)))


def test_lets_the_oldest_go_until_the_disk_is_well_below_the_line_and_no_more(stores: Stores) -> None:
    fill(stores)

    gone = make_room(stores, Settings(), look=BlobDisk(stores, FRAMES + 1), now=NOON)

    assert gone == FEW
    assert kept(stores) == list(range(gone + 1, FRAMES + 1))
    assert len(list(stores.blobs.names())) == FRAMES - gone


def test_touches_nothing_below_the_line(stores: Stores) -> None:
    fill(stores)

    assert make_room(stores, Settings(), look=BlobDisk(stores, FRAMES + 2), now=NOON) == 0
    assert len(kept(stores)) == FRAMES


def test_keeps_the_last_days_however_full_the_disk_is(stores: Stores) -> None:
    fill(stores)

    gone = make_room(stores, Settings(), look=lambda _: DiskUse(99, 1), now=NOON)

    assert gone == FRAMES - 24
    assert make_room(stores, Settings(), look=lambda _: DiskUse(99, 1), now=NOON) == 0
