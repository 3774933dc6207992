"""What a thread remembers between two questions, across processes: one small row a thread."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.assistant.answer import rfc3339
from agent.assistant.reading.reading import reading_from
from agent.assistant.reading.remembered import Remembered
from storage.database import make_file_private, make_private
from storage.records import Window

MOST_THREADS = 20_000
BUSY_SECONDS = 5.0
TABLE = """
CREATE TABLE IF NOT EXISTS oddspot_thread (
    name TEXT PRIMARY KEY, remembered TEXT, is_model_down INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL
)
"""


class ThreadMemory:
    """Rows in threads.db, beside the checkpoints of the language model's threads."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "threads.db"
        self._preparing = threading.Lock()
        self._is_prepared = False

    def last(self, thread: str) -> Remembered | None:
        """Return what a thread's last answer was about; None for a new thread or where it cannot be read."""
        row = self._row(thread)
        if row is None or row[0] is None:
            return None
        try:
            return _remembered(json.loads(row[0]))
        except (KeyError, TypeError, ValueError):
            return None

    def is_model_down(self, thread: str) -> bool:
        """Say whether this thread was already told that the language model failed."""
        row = self._row(thread)
        return row is not None and bool(row[1])

    def keep(self, thread: str, remembered: Remembered, *, now: datetime) -> None:
        """Remember a thread's last answer; the oldest threads are forgotten."""
        values = {
            "reading": remembered.reading.as_json(),
            "asked_at": rfc3339(remembered.asked_at),
            "ids": list(remembered.ids),
            "subject": remembered.subject,
            "leader": remembered.leader,
            "earlier": remembered.earlier and remembered.earlier.as_json(),
            "window": None if remembered.window is None else _window_values(remembered.window),
        }
        with self._open() as connection:
            connection.execute(
                "INSERT INTO oddspot_thread (name, remembered, at) VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET remembered = excluded.remembered, at = excluded.at",
                (thread, json.dumps(values), rfc3339(now)),
            )
            connection.execute(
                "DELETE FROM oddspot_thread WHERE name IN "
                "(SELECT name FROM oddspot_thread ORDER BY at DESC LIMIT -1 OFFSET ?)",
                (MOST_THREADS,),
            )

    def set_model_down(self, thread: str, *, is_down: bool, now: datetime) -> None:
        """Remember whether this thread knows that the language model failed."""
        with self._open() as connection:
            connection.execute(
                "INSERT INTO oddspot_thread (name, is_model_down, at) VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET is_model_down = excluded.is_model_down, at = excluded.at",
                (thread, int(is_down), rfc3339(now)),
            )

    def _row(self, thread: str) -> tuple[str | None, int] | None:
        with self._open() as connection:
            row = connection.execute(
                "SELECT remembered, is_model_down FROM oddspot_thread WHERE name = ?", (thread,)
            ).fetchone()
        return None if row is None else (row[0], row[1])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        make_private(self._file.parent)
        make_file_private(self._file)
        with closing(sqlite3.connect(self._file, timeout=BUSY_SECONDS)) as connection:
            self._prepare(connection)
            with connection:
                yield connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the table; SQLite waits for nobody when it turns to its write-ahead log, so it is asked for once."""
        with self._preparing:
            if not self._is_prepared:
                connection.execute("PRAGMA journal_mode=WAL")
            with connection:
                connection.execute(TABLE)
            self._is_prepared = True


def _window_values(window: Window) -> list[str]:
    return [rfc3339(window.start), rfc3339(window.end), window.time_zone]


def _remembered(values: dict[str, Any]) -> Remembered:
    window, leader = values["window"], values.get("leader")
    return Remembered(
        reading=reading_from(values["reading"]),
        asked_at=datetime.fromisoformat(values["asked_at"]),
        ids=tuple(values["ids"]),
        subject=values["subject"],
        earlier=reading_from(values["earlier"]) if values.get("earlier") else None,
        leader=(leader[0], leader[1]) if leader else None,
        window=window and Window(datetime.fromisoformat(window[0]), datetime.fromisoformat(window[1]), window[2]),
    )
