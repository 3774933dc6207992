"""Bring a database to the version this code knows, through Alembic run from our own code."""

import logging
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage.database import Database, DatabaseError
from storage.errors import StorageError
from storage.reader import drop_views, make_views

# Not structlog: a command that prints JSON may be the first to open a database, and sets up no logs.
logger = logging.getLogger(__name__)
MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x0DD5


class NewerDatabaseError(StorageError):
    """The database was written by a newer Oddspot."""

    def __init__(self, found: str) -> None:
        super().__init__(f"The database is of a newer version ({found}) than this Oddspot knows; upgrade Oddspot.")


class MigrationError(StorageError):
    """The database could not be brought to this version; nothing of it was changed."""

    def __init__(self, found: str, reason: str) -> None:
        super().__init__(
            f"The database could not be brought from version {found} to {head()} ({reason}); it is as it was, and the "
            "Oddspot it was written by can go on with it."
        )


def migrate(database: Database) -> None:
    """Upgrade to the newest version in one transaction; raise NewerDatabaseError, MigrationError or DatabaseError.

    A SQLite file that holds data is copied first, beside itself: the transaction keeps it from harm by a migration that
    fails, the copy from one that was wrong.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = _config()
    try:
        with database.engine.begin() as connection:
            if database.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            found = MigrationContext.configure(connection).get_current_revision()
            _refuse_newer(found)
            if found != head():
                if found is not None and database.dialect == "sqlite":
                    _copy(Path(str(database.engine.url.database)), found)
                config.attributes["connection"] = connection
                drop_views(connection)
                _upgrade(config, found)
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
    """Return the version the database is of, None where it is empty; raise DatabaseError."""
    with database.connecting() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """Return the version this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or "base"


def knows(revision: str) -> bool:
    """Say whether this code knows a version."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _upgrade(config: Config, found: str | None) -> None:
    try:
        command.upgrade(config, "head")
    except Exception as error:
        if found is None:
            raise
        said = str(getattr(error, "orig", None) or error).strip().splitlines()
        raise MigrationError(found, said[0] if said else type(error).__name__) from error


def _copy(file: Path, version: str) -> None:
    """Copy a database as it stands; the caller holds the lock on writing. Without room for it, say so and go on."""
    copy = file.with_name(f"{file.name}.before-{version}")
    unfinished = file.with_name(f".{copy.name}.{uuid4().hex}")
    try:
        if shutil.disk_usage(file.parent).free < 2 * file.stat().st_size:
            logger.warning("There is no room for a copy of the database of version %s before it is migrated.", version)
            return
        unfinished.touch(mode=0o600)
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(unfinished)) as target:
            source.backup(target)
        unfinished.rename(copy)
    except (OSError, sqlite3.Error) as error:
        logger.warning("The database of version %s could not be copied (%s).", version, type(error).__name__)
        return
    finally:
        unfinished.unlink(missing_ok=True)
    for older in file.parent.glob(f"{file.name}.before-*"):
        if older != copy:
            older.unlink(missing_ok=True)
    logger.warning("The database of version %s is brought to %s; as it was, it lies in %s.", version, head(), copy.name)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _refuse_newer(found: str | None) -> None:
    if found is not None and not knows(found):
        raise NewerDatabaseError(found)
