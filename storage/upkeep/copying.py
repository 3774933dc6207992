"""A database into one file and back, while others read and write it: SQLite by its backup, PostgreSQL by pg_dump."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import inspect

from storage.database import Database
from storage.models import Base
from storage.upkeep.manifest import BackupError
from storage.upkeep.programs import run_program

FILES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
ALEMBIC = "alembic_version"


def copy_out(database: Database, folder: Path) -> Path:
    """Write one consistent state of a database into a folder, and return the file; raise BackupError."""
    target = folder / FILES[database.dialect]
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    if database.dialect == "sqlite":
        with _sqlite_errors(), closing(_sqlite(database)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)  # in one step: other processes write on, and the copy is of one moment
            found = copy.execute("PRAGMA quick_check").fetchone()[0]
            if found != "ok":
                raise BackupError(f"The database is damaged: {found}.")
    else:
        tables = [f"--table={place}" for place in _own_tables(database)]
        run_program("pg_dump", database.engine.url, "--format=custom", f"--file={target}", *tables)
    return target


def copy_in(file: Path, database: Database) -> None:
    """Put a copy in the place of all a database holds, in one transaction; raise BackupError, and nothing changed."""
    if database.dialect == "sqlite":
        with _sqlite_errors(), closing(sqlite3.connect(file)) as source, closing(_sqlite(database)) as target:
            source.backup(target)
        return
    url = database.engine.url
    drops, script = file.parent / ".drops.sql", file.parent / ".restore.sql"
    try:
        dropped = ", ".join(_own_tables(database))
        drops.write_text(f"DROP TABLE IF EXISTS {dropped} CASCADE;\n" if dropped else "", encoding="utf-8")
        run_program("pg_restore", None, "--no-owner", "--no-privileges", f"--file={script}", str(file))
        both = [f"--file={drops}", f"--file={script}"]
        run_program("psql", url, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", *both)
    finally:
        drops.unlink(missing_ok=True)
        script.unlink(missing_ok=True)


def _own_tables(database: Database) -> list[str]:
    """Return our tables that are there, the table of the version too, each with its schema."""
    with database.engine.connect() as connection:
        found = inspect(connection)
        place = found.default_schema_name or "public"
        names = {*Base.metadata.tables, ALEMBIC} & set(found.get_table_names())
    return [f'"{place}"."{name}"' for name in sorted(names)]


def _sqlite(database: Database) -> sqlite3.Connection:
    return sqlite3.connect(str(database.engine.url.database), timeout=20)


@contextmanager
def _sqlite_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BackupError(f"The database cannot be copied: {error}.") from error
