"""Content-addressed files on disk: written to a temporary name, synced, renamed."""

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from storage.database import make_private
from storage.errors import StorageError
from storage.failpoints import reach

SHA256 = re.compile(r"[0-9a-f]{64}")


class BlobError(StorageError):
    """A blob is not there or cannot be written."""

    def __init__(self, reason: str, *, permanent: bool = True) -> None:
        super().__init__(f"A stored file cannot be used: {reason}")
        self.permanent = permanent


class BlobStore:
    """Bytes by their sha256, under `<data_dir>/blobs/ab/abcdef...`."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / "blobs"
        make_private(data_dir)
        make_private(self._root)

    def put(self, content: bytes) -> str:
        """Keep the bytes and return their sha256; the same bytes are kept once. Raise BlobError."""
        sha256 = hashlib.sha256(content).hexdigest()
        target = self.path(sha256)
        if not target.exists():
            try:
                target.parent.mkdir(exist_ok=True, mode=0o700)
                write_durably(target, content)
            except OSError as error:
                raise BlobError(error.strerror or "unknown", permanent=False) from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes; raise BlobError where they are gone."""
        try:
            return self.path(sha256).read_bytes()
        except OSError as error:
            raise BlobError(f"{sha256[:12]}: {error.strerror}") from error

    def path(self, sha256: str) -> Path:
        """Return where the bytes are, or would be; raise BlobError for what is no sha256."""
        if not SHA256.fullmatch(sha256):
            raise BlobError("its name is not a sha256")
        return self._root / sha256[:2] / sha256

    def remove(self, sha256: str) -> None:
        """Forget the bytes, if they are there."""
        self.path(sha256).unlink(missing_ok=True)

    def remove_leftovers(self, *, before: datetime) -> int:
        """Remove what was half-written before then by processes that died, and return how many files."""
        files = [file for folder in self._root.iterdir() for file in folder.iterdir()]
        leftovers = [file for file in files if _is_leftover(file, before.timestamp())]
        for file in leftovers:
            file.unlink(missing_ok=True)
        return len(leftovers)

    def names(self) -> Iterator[str]:
        """Yield the sha256 of every blob."""
        for folder in sorted(self._root.iterdir()):
            yield from (file.name for file in folder.iterdir() if SHA256.fullmatch(file.name))


def _is_leftover(file: Path, before: float) -> bool:
    try:
        return file.name.startswith(".") and file.stat().st_mtime < before
    except FileNotFoundError:  # it is being written, and has its name by now
        return False


def write_durably(target: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, even after a crash."""
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        reach("blob.written")
        temporary.rename(target)
        reach("blob.named")
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename inside a folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
