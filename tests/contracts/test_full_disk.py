"""The disk is full at each write of a frame's way, from the folder to Slack, and has room again: nothing is lost."""

import hashlib
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text
from structlog.testing import capture_logs

from agent.alerts.deliver import Deliverer
from agent.alerts.disk_watch import watch_disk
from agent.alerts.outgoing import Outgoing
from agent.alerts.route import MOST_FAILURES, route_events
from config.settings import Settings
from config.sources import LimitSettings
from detectors.decode import Decoder
from detectors.intake import take_arrivals
from detectors.sources.folder import FolderSource
from detectors.worker import Worker
from storage.blobs import BlobStore
from storage.database import Database
from storage.errors import StorageError
from storage.migrate import migrate
from storage.models import Base, DeliveryRow, EventRow, FrameRow, InspectionRow
from storage.opening import Stores
from storage.records import DiskUse
from storage.repositories.sources import source_by_name
from tests.factories import make_source, make_version
from tests.factories_agent import Clock
from tests.full_disk import FullDisk
from tests.unit.agent.fakes import FakeNotifier, InlineExecutor
from tests.unit.detectors.test_worker import FakeDetector, FakeDetectors, png

FILES = 2
ROUNDS = 8
# Every how many writes the disk is full in turn: 1 takes minutes, see `make fulldisk`.
EVERY = int(os.environ.get("ODDSPOT_TEST_EVERY_WRITE", "17"))
LONGER_THAN_STUCK = timedelta(minutes=10)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(LimitSettings()) as opened:
        yield opened


@dataclass
class House:
    """One installation: its folder, a worker, and the agent with a Slack that remembers."""

    stores: Stores
    settings: Settings
    folder: FolderSource
    worker: Worker
    notifier: FakeNotifier
    deliverer: Deliverer
    clock: Clock

    def round(self) -> int:
        """Take, score and tell once, each part as it is where another has failed; return how many parts failed."""
        failed = 0
        for part in (self._take, self.worker.work, self._watch, self._route, self.deliverer.deliver):
            try:
                part()
            except StorageError as error:
                if error.permanent:
                    raise
                failed += 1
        self.clock.forward(1)
        return failed

    def recover(self) -> int:
        """Go on until everything that was begun is looked for and settled; return how many parts failed."""
        failed = self.round() + self.round()
        self.clock.now += LONGER_THAN_STUCK
        return failed + sum(self.round() for _ in range(ROUNDS))

    def _take(self) -> None:
        with self.stores.database.reading() as session:
            source = source_by_name(session, "line-1")
        now = self.clock()
        take_arrivals(source, self.folder, self.stores, self.settings, read_exif=lambda _: None, now=now)

    def _watch(self) -> None:
        watch_disk(self.stores.database, self.settings, DiskUse(50, 50), now=self.clock())

    def _route(self) -> None:
        route_events(self.stores.database, self.settings, now=self.clock())


def make_house(database: Database, folder: Path, decoder: Decoder) -> House:
    incoming = folder / "incoming"
    incoming.mkdir(parents=True)
    for number in range(FILES):
        (incoming / f"{number}.png").write_bytes(png(90 + number))
    (incoming / "bad.png").write_bytes(b"this is no picture")
    settings = Settings.model_validate(
        {
            "sources": {"line-1": {"path": incoming, "late_after_seconds": 10**9}},
            "storage": {"data_dir": folder / "data"},
        }
    )
    stores, clock, notifier = Stores(database, BlobStore(folder / "data")), Clock(), FakeNotifier()
    with database.transaction() as session:
        source = make_source(session)
        make_version(session, source)
    return House(
        stores=stores,
        settings=settings,
        folder=FolderSource("line-1", incoming, max_bytes=10**6, is_known=lambda _: False),
        worker=Worker(
            "worker",
            stores,
            settings,
            decoders=lambda _: decoder,
            detectors=FakeDetectors(FakeDetector()),  # type: ignore[arg-type]  # the same `get`
            clock=clock,
        ),
        notifier=notifier,
        deliverer=Deliverer(
            Outgoing(database, stores.blobs, notifier, settings, clock),
            InlineExecutor(),
            chance=random.Random(0),  # noqa: S311 - spreads waits, guards nothing
        ),
        clock=clock,
    )


def check(house: House, allowed: int) -> None:
    """Read from the database, the blobs and the fake Slack that everything was done once and nothing is left over."""
    with house.stores.database.reading() as session:
        frames = session.scalars(select(FrameRow)).all()
        inspections = session.scalars(select(InspectionRow)).all()
        events = session.scalars(select(EventRow)).all()
        deliveries = session.scalars(select(DeliveryRow)).all()
    ends = sorted((frame.state, frame.attempt) for frame in frames)
    assert ends == [("rejected", 1), *[("scored", 1)] * FILES], allowed
    assert len(inspections) == len(events) == FILES
    assert len({one.incident_id for one in inspections}) == 1
    assert {one.state for one in deliveries} == {"sent"}, allowed
    (place,) = house.notifier.messages  # one incident, one message, however often it was tried
    assert f"{FILES} alike" in house.notifier.messages[place][-1].text
    kept = {one.sha256 for one in frames} | {
        sha256 for one in inspections for sha256 in (one.heatmap, one.thumbnail, *one.crops) if sha256
    }
    for sha256 in kept:
        assert hashlib.sha256(house.stores.blobs.get(sha256)).hexdigest() == sha256
    files = [file for file in (house.settings.storage.data_dir / "blobs").rglob("*") if file.is_file()]
    assert {file.name for file in files} == kept, "something is left half-written"


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("lasts", ["once", "on"])
def test_loses_and_doubles_nothing_wherever_the_disk_is_full(
    database: Database, decoder: Decoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lasts: str
) -> None:
    allowed = 0 if lasts == "once" else EVERY // 2
    while True:
        _empty(database)
        house = make_house(database, tmp_path / f"{allowed}", decoder)
        with capture_logs(), FullDisk(database, house.settings.storage.data_dir).mounted(monkeypatch) as disk:
            disk.fill(allowed=allowed, is_once=lasts == "once")
            for _ in range(2):
                house.round()
            refused = disk.refused
            disk.free()
            assert house.recover() == 0, allowed
        check(house, allowed)
        if not refused:
            break
        allowed += EVERY
    assert allowed > 40  # so many writes there are at least, and each of them was refused


def test_loses_and_doubles_nothing_where_sqlite_may_not_grow_by_another_page(decoder: Decoder, tmp_path: Path) -> None:
    more, is_enough = 0, False
    while not is_enough:
        folder = tmp_path / f"{more}"
        folder.mkdir()
        database = Database(f"sqlite:///{folder / 'oddspot.db'}")
        event.listen(database.engine, "connect", _take_small_pages, insert=True)
        migrate(database)
        house = make_house(database, folder, decoder)
        most = _pages(database) + more
        with capture_logs():
            with _no_larger_than(database, most):
                for _ in range(MOST_FAILURES + 5):
                    house.round()
            assert house.recover() == 0, more
        check(house, more)
        is_enough = _pages(database) <= most
        database.close()
        more += max(1, EVERY // 2)
    assert more > 4


def _take_small_pages(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA page_size=512")  # so that a few rows need many


def _pages(database: Database) -> int:
    with database.reading() as session:
        return int(session.scalar(text("PRAGMA page_count")) or 0)


@contextmanager
def _no_larger_than(database: Database, most: int) -> Iterator[None]:
    """Let SQLite have so many pages and no more, on every connection."""

    def limit(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={most}")

    database.engine.dispose()
    event.listen(database.engine, "connect", limit)
    yield
    event.remove(database.engine, "connect", limit)
    database.engine.dispose()


def _empty(database: Database) -> None:
    with database.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(text(f"DELETE FROM {table.name}"))
