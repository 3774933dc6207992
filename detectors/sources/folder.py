"""A watched folder: regular files that stopped growing, each offered once, links and devices never followed."""

import hashlib
import json
import os
import stat
from array import array
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from detectors.sources.port import Arrival, SourceError
from detectors.sources.taken import UNSIGNED, Taken, digest_of
from detectors.sources.walk import walk_files
from storage.records import RejectReason

SETTLED = timedelta(seconds=2)
UNFINISHED = timedelta(seconds=10)
ENDINGS = {b"\xff\xd8\xff": b"\xff\xd9", b"\x89PNG": b"IEND\xaeB`\x82"}
TAIL_BYTES = 64
LONGEST_SIDECAR = 65_536

Stamp = tuple[int, int]


class _ChangedError(Exception):
    """A file is another one than was listed, or is being written."""


class FolderSource:
    """Files under one folder; `is_known(origin)` says what the ledger took before this process started.

    Of what waits only names are kept, and of what was taken less: folders hold many files.
    """

    def __init__(self, name: str, root: Path, *, max_bytes: int, is_known: Callable[[str], bool]) -> None:
        self._name = name
        self._root = root
        self._max_bytes = max_bytes
        self._is_known = is_known
        self._taken = Taken()
        self._seen: dict[str, Stamp] = {}
        self.has_unsettled = False

    def look(self, *, now: datetime) -> Iterator[Arrival]:
        """Yield what is new and whole, oldest first; raise SourceError where the folder is gone."""
        if not self._root.is_dir():
            raise SourceError(self._name, f"there is no folder {self._root}")
        waiting = self._not_taken()
        before, self._seen = self._seen, {}
        self.has_unsettled = False
        for _, relative, listed in waiting:
            file = self._root / relative
            try:
                status = file.lstat()
            except OSError:
                continue  # gone since it was listed
            stamp = (status.st_size, status.st_mtime_ns)
            has_changed = digest_of(relative, *stamp) != listed
            if has_changed or not self._is_whole(file, status, before.get(relative) == stamp, now):
                self._seen[relative] = stamp
                self.has_unsettled = True
                continue
            origin = _origin(relative, status)
            if self._is_known(origin):
                self._taken.add(listed)
                continue
            self._seen[relative] = stamp
            try:
                arrival = self._arrival(file, relative, origin, status)
            except _ChangedError:
                del self._seen[relative]
                self.has_unsettled = True
            except FileNotFoundError:
                continue
            else:
                yield arrival

    def has_taken(self, arrival: Arrival) -> None:
        """Remember that an arrival is in the ledger."""
        if arrival.file is not None:
            relative = str(arrival.file.relative_to(self._root))
            modified = int(arrival.origin.rsplit("|", 1)[1])
            self._taken.add(digest_of(relative, arrival.size_bytes, modified))
            self._seen.pop(relative, None)

    def _not_taken(self) -> list[tuple[int, str, int]]:
        """Return when each file that was not taken was changed, its name and digest, oldest first; forget the gone."""
        waiting, still_there = [], array(UNSIGNED)
        for relative, status in walk_files(self._root):
            digest = digest_of(relative, status.st_size, status.st_mtime_ns)
            if digest in self._taken:
                still_there.append(digest)
            else:
                waiting.append((status.st_mtime_ns, relative, digest))
        self._taken.keep_only(still_there)
        return sorted(waiting)

    def _is_whole(self, file: Path, status: os.stat_result, was_the_same: bool, now: datetime) -> bool:  # noqa: FBT001
        if not stat.S_ISREG(status.st_mode):
            return True
        age = abs(now - modified_at(status))  # a clock that runs ahead makes no file young for ever
        if not was_the_same and age < SETTLED:
            return False
        return age > UNFINISHED or has_its_end(file)

    def _arrival(self, file: Path, relative: str, origin: str, status: os.stat_result) -> Arrival:
        content, reason = self._read(file, status)
        return Arrival(
            name=relative,
            origin=origin,
            content=content,
            size_bytes=status.st_size,
            modified_at=modified_at(status),
            file=file,
            reason=reason,
            sidecar=read_sidecar(file),
        )

    def _read(self, file: Path, status: os.stat_result) -> tuple[bytes | None, RejectReason | None]:
        """Return the bytes, or why there are none; raise _ChangedError, FileNotFoundError."""
        if not stat.S_ISREG(status.st_mode):
            return None, RejectReason.NOT_A_REGULAR_FILE
        if status.st_size > self._max_bytes:
            return None, RejectReason.TOO_LARGE
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as opened:
                if not self._is_inside(descriptor, file):
                    return None, RejectReason.NOT_A_REGULAR_FILE
                content = opened.read(status.st_size + 1)
                now = os.fstat(descriptor)
        except FileNotFoundError:
            raise
        except OSError:
            return None, RejectReason.UNREADABLE
        if len(content) != status.st_size or _identity(now) != _identity(status):
            raise _ChangedError
        return content, None

    def _is_inside(self, descriptor: int, file: Path) -> bool:
        """Say whether an opened file lies under the root: a folder on its way may have become a link meanwhile."""
        opened = Path(f"/proc/self/fd/{descriptor}")
        return (opened if opened.exists() else file).resolve().is_relative_to(self._root.resolve())


def has_its_end(file: Path) -> bool:
    """Say whether a JPEG or PNG has its end marker; other formats have none to look for."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as opened:
            start = opened.read(4)
            wanted = next((end for magic, end in ENDINGS.items() if start.startswith(magic)), None)
            if wanted is None:
                return True
            opened.seek(0, os.SEEK_END)
            opened.seek(max(0, opened.tell() - TAIL_BYTES))
            return wanted in opened.read()
    except OSError:
        return True  # the intake will say why it cannot be read


def read_sidecar(file: Path) -> dict[str, object]:
    """Return the JSON object beside an image (`part.json` or `part.png.json`), or an empty one."""
    for candidate in (file.with_suffix(".json"), file.with_name(f"{file.name}.json")):
        try:
            if candidate.is_file() and not candidate.is_symlink() and candidate.stat().st_size <= LONGEST_SIDECAR:
                values = json.loads(candidate.read_text(encoding="utf-8"))
                return values if isinstance(values, dict) else {}
        except (OSError, ValueError, RecursionError):
            continue
    return {}


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _origin(relative: str, status: os.stat_result) -> str:
    return f"{hashlib.sha256(os.fsencode(relative)).hexdigest()[:32]}|{status.st_size}|{status.st_mtime_ns}"


def modified_at(status: os.stat_result) -> datetime:
    """Return when a file was changed last; far in the future where that is no moment."""
    try:
        return datetime.fromtimestamp(status.st_mtime, UTC)
    except (OverflowError, ValueError, OSError):  # a file system can hold years that no calendar has
        return datetime.max.replace(tzinfo=UTC)
