"""One leader among the processes that tick: a file lock beside SQLite, an advisory lock on PostgreSQL."""

import fcntl
import threading
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from storage.database import Database, Session

LEADER_KEY = 0x0DD5_1EAD


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
        if self._connection is not None:
            with suppress(DBAPIError):  # a server that is gone has dropped the lock with the session
                self._connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LEADER_KEY})
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

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
        except DBAPIError:
            self.release()
        return False


def somebody_leads(database: Database, session: Session, data_dir: Path) -> bool:
    """Say whether a process leads, without standing in the way of one that wants to."""
    if database.dialect == "postgresql":
        held = text("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = :key AND classid = 0")
        return session.scalar(held, {"key": LEADER_KEY}) is not None
    try:
        with (data_dir / "leader.lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
