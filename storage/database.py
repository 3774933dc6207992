"""One database, SQLite or PostgreSQL: explicit transactions, and the clock that leases go by."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import DatabaseError as DriverError
from sqlalchemy.orm import Session

from storage.errors import StorageError

__all__ = [
    "Database",
    "DatabaseError",
    "Session",
    "database_now",
    "make_file_private",
    "make_private",
    "parsed_url",
    "postgresql_engine",
]

READ_ONLY = "oddspot_read_only"
BUSY_SECONDS = 20


class DatabaseError(StorageError):
    """The database cannot be used; the message never holds its password."""

    def __init__(self, reason: str, *, permanent: bool = True) -> None:
        super().__init__(f"The database cannot be used: {reason}")
        self.permanent = permanent


class Database:
    """Connections to one database; `transaction` writes, `reading` reads one consistent state."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._reader = self.engine.execution_options(**{READ_ONLY: True})

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session whose changes are all kept, or none where an error leaves it; raise DatabaseError."""
        with _plain_errors(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def connecting(self) -> Iterator[Connection]:
        """Give a connection without a transaction of ours; raise DatabaseError."""
        with _plain_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one state and can change nothing; raise DatabaseError."""
        with _plain_errors(), Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def database_now(session: Session) -> datetime:
    """Return the database's own clock: the one seam for lease expiry, so that workers' clocks do not matter."""
    if session.get_bind().dialect.name == "sqlite":
        return datetime.fromisoformat(str(session.scalar(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")))).replace(
            tzinfo=UTC,
        )
    moment = session.scalar(text("SELECT clock_timestamp()"))
    if not isinstance(moment, datetime):
        raise DatabaseError("it did not tell the time")
    return moment.astimezone(UTC)


def parsed_url(url: str) -> URL:
    """Read a database's URL, with the driver that is used; raise DatabaseError."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseError("its URL cannot be read") from error
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise DatabaseError(f"{parsed.get_backend_name()} is not one of sqlite, postgresql")
    return parsed


def postgresql_engine(url: URL, *, options: str = "") -> Engine:
    """Return an engine of a PostgreSQL; options: of its sessions, as the server's command line takes them."""
    utc = {"options": f"-c timezone=UTC {options}"}  # the first days of the calendar have no local time further west
    engine = create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=10, connect_args=utc)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _engine(url: str) -> Engine:
    parsed = parsed_url(url)
    return _sqlite(parsed.database or "") if parsed.get_backend_name() == "sqlite" else postgresql_engine(parsed)


def _sqlite(file: str) -> Engine:
    if not file:
        raise DatabaseError("SQLite needs a file")
    make_private(Path(file).parent)
    make_file_private(Path(file))
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # our BEGIN IMMEDIATE, not the driver's late BEGIN
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    is_reader = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if is_reader else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(READ_ONLY, False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise DatabaseError(_first_line(error), permanent=False) from error
    except DriverError as error:
        if type(error) is not DriverError:  # a broken rule of the tables is a fault of ours, and shows as one
            raise
        raise DatabaseError(_first_line(error)) from error  # a SQLite file that is damaged, or none


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__


def make_file_private(file: Path) -> None:
    """Create an empty file only its owner can read, where there is none: whoever writes it next keeps its rights.

    SQLite gives the same rights to its journals. Raise DatabaseError.
    """
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise DatabaseError(f"{file} cannot be made: {error.strerror}") from error


def make_private(folder: Path) -> None:
    """Create a folder only its owner can read; raise DatabaseError where it cannot be made or written."""
    if folder.is_dir() and os.access(folder, os.W_OK):
        return  # somebody's own folder: its rights are theirs
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise DatabaseError(f"its folder {folder} cannot be made: {error.strerror}") from error
    if not os.access(folder, os.W_OK):
        raise DatabaseError(f"its folder {folder} cannot be written")
