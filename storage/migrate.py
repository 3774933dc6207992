"""Bring a database to the version this code knows, through Alembic run from our own code."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage.database import Database, DatabaseError
from storage.errors import StorageError
from storage.reader import drop_views, make_views

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x0DD5


class NewerDatabaseError(StorageError):
    """The database was written by a newer Oddspot."""

    def __init__(self, found: str) -> None:
        super().__init__(f"The database is of a newer version ({found}) than this Oddspot knows; upgrade Oddspot.")


def migrate(database: Database) -> None:
    """Upgrade to the newest version in one transaction; raise NewerDatabaseError or DatabaseError."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = _config()
    try:
        with database.engine.begin() as connection:
            if database.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            found = MigrationContext.configure(connection).get_current_revision()
            _refuse_newer(found)
            if found != head():
                config.attributes["connection"] = connection
                drop_views(connection)
                command.upgrade(config, "head")
                make_views(connection)
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise DatabaseError(reason, permanent=False) from error


def downgrade(database: Database, revision: str) -> None:
    """Go back to an older version, or to `base`."""
    config = _config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        drop_views(connection)  # the next upgrade makes them again
        command.downgrade(config, revision)


def current(database: Database) -> str | None:
    """Return the version the database is of, None where it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """Return the version this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or "base"


def knows(revision: str) -> bool:
    """Say whether this code knows a version."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _refuse_newer(found: str | None) -> None:
    if found is not None and not knows(found):
        raise NewerDatabaseError(found)
