"""One leader among the processes that tick: a file lock beside SQLite, an advisory lock on PostgreSQL."""

import fcntl
import threading
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from storage.database import Database, Session

LEADER_KEY = 0x0DD5_1EAD
# PostgreSQL keeps such locks apart by database, but lists those of the whole server.
HELD_HERE = """SELECT 1 FROM pg_locks JOIN pg_database ON pg_locks.database = pg_database.oid
    WHERE datname = current_database() AND locktype = 'advisory' AND granted AND classid = 0 AND objid = :key"""


class Leadership:
    """Held from the first `is_leader()` that answers yes until `release` or the end of the process."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self._database = database
        self._file = data_dir / "leader.lock"
        self._held_file: TextIO | None = None
        self._connection: Connection | None = None
        self._asking = threading.Lock()  # ticks of several threads ask

    def is_leader(self) -> bool:
        """Say whether this process leads, trying to if nobody does."""
        with self._asking:
            if self._database.dialect == "sqlite":
                return self._held_file is not None or self._lock_file()
            return self._lock_postgresql()

    def release(self) -> None:
        """Let another process lead."""
        if self._held_file is not None:
            self._held_file.close()
            self._held_file = None
        connection, self._connection = self._connection, None
        if connection is not None:
            _unlock_postgresql(connection)

    def _lock_file(self) -> bool:
        file = self._file.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._held_file = file
        return True

    def _lock_postgresql(self) -> bool:
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_KEY}):
                self._connection = connection
                return True
            connection.close()
        except SQLAlchemyError:
            self.release()
        return False


def _unlock_postgresql(connection: Connection) -> None:
    """Unlock at once, not when the server notices that the session has gone; a lost session has no lock any more."""
    with suppress(SQLAlchemyError):
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LEADER_KEY})
    connection.invalidate()
    connection.close()


def somebody_leads(database: Database, session: Session, data_dir: Path) -> bool:
    """Say whether a process leads, without standing in the way of one that wants to."""
    if database.dialect == "postgresql":
        return session.scalar(text(HELD_HERE), {"key": LEADER_KEY}) is not None
    try:
        with (data_dir / "leader.lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
