"""A report of the history of `tests.reported`, made once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.reports.making import MadeReport, make_report
from agent.reports.periods import PeriodKind, period_at
from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.migrate import migrate
from tests.reported import BERLIN, REPORTED_AT, write_history

Make = Callable[..., MadeReport]


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('reported') / 'oddspot.db'}")
    migrate(database)
    write_history(database)
    yield database
    database.close()


@pytest.fixture
def make(reported: Database) -> Make:
    def made(kind: str = "week", of: str = "2026-03-29", sources: tuple[str, ...] | None = None) -> MadeReport:
        settings = Settings.model_validate({"time_zone": BERLIN})
        period = period_at(PeriodKind(kind), of, zone=BERLIN, shifts=settings.shifts.starts, now=REPORTED_AT)
        with reported.reading() as session:
            return make_report(session, settings, period, sources=sources, now=REPORTED_AT)

    return made


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)
