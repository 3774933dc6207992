"""What the assistant reads through: on PostgreSQL a role that can only SELECT from views, on SQLite a read-only file.

The views have the names of the tables, in a schema of their own that the role's search_path names: the same queries
read them. Changes to tables drop them before and make them again after, in the same transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, text

from storage.database import (
    BUSY_SECONDS,
    READ_ONLY,
    Database,
    DatabaseError,
    Session,
    parsed_url,
    postgresql_engine,
)
from storage.models import Base

SCHEMA = "oddspot_reader"
STATEMENT_SECONDS = 3
SHOWN = (
    "source",
    "detector_version",
    "frame",
    "inspection",
    "incident",
    "label",
    "silence",
    "audit",
    "audit_pick",
    "outage",
    "roll_up",
    "captured_roll_up",
    "attribute_roll_up",
    "drift_check",
)
# What no question needs: where a file lies on this machine, and which process holds it.
BLANKED = {"frame": {"origin": "varchar", "lease_owner": "varchar"}}


class ReaderUrlError(DatabaseError):
    """storage.reader_url names no role of its own on the same database."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"storage.reader_url {reason}")


class ReadingDatabase(Database):
    """A database through which nothing can be changed, whatever is asked of it."""

    def __init__(self, url: str, *, is_role: bool) -> None:
        """is_role: the URL is of the role made for reading, which sees views only."""
        self.engine = _reading_engine(parsed_url(url), is_role=is_role)
        self._reader = self.engine.execution_options(**{READ_ONLY: True})

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Raise DatabaseError: nothing is written through here."""
        raise DatabaseError("this connection only reads")
        yield  # pragma: no cover - makes this a generator


def make_views(connection: Connection) -> None:
    """Make the views where their schema is; what may read them stays as it was granted."""
    if not has_schema(connection):
        return
    place = str(connection.scalar(text("SELECT current_schema()")))
    for name in SHOWN:
        connection.execute(text(_view(Base.metadata.tables[name], place)))


def drop_views(connection: Connection) -> None:
    """Drop the views where their schema is, so that tables can change."""
    if not has_schema(connection):
        return
    for name in SHOWN:
        connection.execute(text(f"DROP VIEW IF EXISTS {SCHEMA}.{_quoted(name)}"))


def has_schema(connection: Connection) -> bool:
    """Say whether a role for reading was ever made here."""
    if connection.dialect.name != "postgresql":
        return False
    return bool(connection.scalar(text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": SCHEMA}))


def role_of(reader_url: str, database_url: str) -> tuple[str, str | None]:
    """Return the role that reads and its password; raise ReaderUrlError where it is not one of its own."""
    reader, owner = parsed_url(reader_url), parsed_url(database_url)
    if reader.get_backend_name() != "postgresql" or owner.get_backend_name() != "postgresql":
        raise ReaderUrlError("is for PostgreSQL; on SQLite the file is opened read-only without it")
    if not reader.username or reader.username == owner.username:
        raise ReaderUrlError("needs a user of its own, not the one of storage.database_url")
    if reader.database != owner.database:
        raise ReaderUrlError("names another database than storage.database_url")
    return reader.username, reader.password


def role_statements(role: str, database: str, *, is_there: bool) -> list[str]:
    """Return the SQL that makes a role, or sets right one that is there, and lets it do nothing of itself.

    Its password is set apart, so that it is in no text that is shown or logged.
    """
    who, place = _quoted(role), _quoted(database)
    verb = "ALTER" if is_there else "CREATE"
    return [
        f"{verb} ROLE {who} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
        f"REVOKE TEMPORARY ON DATABASE {place} FROM PUBLIC",
        f"ALTER ROLE {who} IN DATABASE {place} SET search_path = {SCHEMA}",
        f"ALTER ROLE {who} IN DATABASE {place} SET default_transaction_read_only = on",
        f"ALTER ROLE {who} IN DATABASE {place} SET statement_timeout = '{STATEMENT_SECONDS}s'",
    ]


def own_statements(role: str) -> list[str]:
    """Return the SQL that makes the schema of the views and lets a role read what will be in it."""
    who = _quoted(role)
    return [
        f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
        f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {who}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT SELECT ON TABLES TO {who}",
    ]


def grant_views(role: str) -> str:
    """Return the SQL that lets a role read the views that are there."""
    return f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {_quoted(role)}"


def _view(table: Table, place: str) -> str:
    blanked = BLANKED.get(table.name, {})
    columns = ", ".join(
        f"NULL::{blanked[column.name]} AS {_quoted(column.name)}" if column.name in blanked else _quoted(column.name)
        for column in table.columns
    )
    name = _quoted(table.name)
    return f"CREATE VIEW {SCHEMA}.{name} AS SELECT {columns} FROM {_quoted(place)}.{name}"  # noqa: S608 - our own names


def _reading_engine(url: URL, *, is_role: bool) -> Engine:
    """Return an engine that cannot write: that is the server's, or SQLite's, to keep."""
    if url.get_backend_name() == "sqlite":
        file = quote(url.database or "")
        engine = create_engine(f"sqlite:///file:{file}?mode=ro&uri=true", connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _only_query)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine
    path = f" -c search_path={SCHEMA}" if is_role else ""
    options = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_SECONDS}s{path}"
    return postgresql_engine(url, options=options)


def _only_query(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # the driver's connection, with our own BEGIN
    for pragma in ("query_only=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]  # the same


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
