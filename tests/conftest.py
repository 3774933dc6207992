"""What every test may ask for: a database of each kind, blobs, real images."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from agent.assistant.reading.learning import learned_reader
from storage.blobs import BlobStore
from storage.database import Database
from storage.migrate import migrate
from storage.models import Base
from storage.opening import Stores
from tests.servers.postgres import PostgresServer, start_postgres

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CATEGORIES = ("board_20085", "brain_mri", "cookie", "magnetic_tile", "road_crack", "solar_mono")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Learn how people ask before the first test, so that no test waits for it, in one process of all."""
    if not hasattr(session.config, "workerinput"):
        learned_reader(Path(tempfile.gettempdir()))


@pytest.fixture(autouse=True)
def as_if_nothing_was_logged() -> Iterator[None]:
    """Forget what a command set up: its stderr is closed with its test."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = start_postgres(tmp_path_factory.mktemp("postgres"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> Iterator[Database]:
    database = Database(postgres.create_database("oddspot_tests"))
    migrate(database)
    yield database
    database.close()
    postgres.drop_database("oddspot_tests")


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'oddspot.db'}")
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def postgres_database(migrated_postgres: Database) -> Database:
    tables = ", ".join(Base.metadata.tables)
    with migrated_postgres.transaction() as session:
        session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    return migrated_postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database of each kind."""
    fixture = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    given = request.getfixturevalue(fixture)
    assert isinstance(given, Database)
    return given


@pytest.fixture
def stores(sqlite_database: Database, tmp_path: Path) -> Stores:
    return Stores(sqlite_database, BlobStore(tmp_path))


@pytest.fixture(scope="session")
def real_data() -> Path | None:
    """The folder of real categories, None where there is none; in CI it must be there."""
    folder = Path(os.environ.get("ODDSPOT_TEST_DATA", REAL_DATA))
    is_there = all((folder / category).is_dir() for category in CATEGORIES)
    if not is_there and os.environ.get("CI"):
        pytest.fail(f"the real categories are not in {folder}; set ODDSPOT_TEST_DATA")
    return folder if is_there else None
