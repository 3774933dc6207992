"""A disk that is full from a chosen write on: bytes, folders, renames and what the database writes, counted as one."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from storage import blobs
from storage.database import Database

WRITES = ("INSERT", "UPDATE", "DELETE")


class FullDisk:
    """Lets `allowed` writes through and fails all after them, until there is room again."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self.allowed: int | None = None
        self.is_once = False
        self.writes = 0
        self.refused = 0

    def fill(self, *, allowed: int, is_once: bool) -> None:
        """Be full after so many writes more: for one write, or until it is freed."""
        self.allowed, self.is_once, self.writes, self.refused = allowed, is_once, 0, 0

    def free(self) -> None:
        """Have room again."""
        self.allowed = None

    def reach(self) -> bool:
        """Count a write and say whether there is room for it."""
        self.writes += 1
        has_room = self.allowed is None or self.writes <= self.allowed or (self.is_once and self.refused > 0)
        self.refused += not has_room
        return has_room

    def write(self) -> None:
        """Count a write of the file system; raise OSError where there is no room."""
        if not self.reach():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def is_ours(self, path: object) -> bool:
        """Say whether a path lies on this disk."""
        return str(path).startswith(str(self._folder))

    @contextmanager
    def mounted(self, patch: pytest.MonkeyPatch) -> Iterator["FullDisk"]:
        """Stand under the blobs and the database as long as the block runs."""

        def execute(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.lstrip().upper().startswith(WRITES) and not self.reach():
                raise OperationalError(statement, None, sqlite3.OperationalError("database or disk is full"))

        def commit(_connection: Any) -> None:
            if not self.reach():
                raise OperationalError("COMMIT", None, sqlite3.OperationalError("database or disk is full"))

        patch.setattr(blobs, "os", _Os(self))
        for name in ("mkdir", "rename"):
            patch.setattr(Path, name, _counted(self, getattr(Path, name)))
        engine = self._database.engine
        event.listen(engine, "before_cursor_execute", execute)
        event.listen(engine, "commit", commit)
        try:
            yield self
        finally:
            event.remove(engine, "before_cursor_execute", execute)
            event.remove(engine, "commit", commit)
            patch.undo()


class _Os:
    """The module `os`, on a full disk."""

    def __init__(self, disk: FullDisk) -> None:
        self._disk = disk

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: Any, flags: int, *rest: Any) -> int:
        if flags & os.O_CREAT:
            self._disk.write()
        return os.open(path, flags, *rest)

    def fdopen(self, descriptor: int, mode: str) -> Any:
        return _File(self._disk, os.fdopen(descriptor, mode))

    def fsync(self, _descriptor: int) -> None:
        self._disk.write()  # counted, but not waited for: no power is cut here


class _File:
    """An open file whose writes come to half of what was asked for before the disk is full."""

    def __init__(self, disk: FullDisk, file: Any) -> None:
        self._disk = disk
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, content: bytes) -> None:
        if not self._disk.reach():
            self._file.write(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._file.write(content)


def _counted(disk: FullDisk, real: Any) -> Any:
    def counted(path: Path, *arguments: Any, **options: Any) -> Any:
        if disk.is_ours(path):
            disk.write()
        return real(path, *arguments, **options)

    return counted
