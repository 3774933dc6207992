"""What a backup says of itself: of which database it is, of which version, and what must not have changed since."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from storage.blobs import write_durably
from storage.errors import StorageError

FORMAT = 1
MANIFEST = "manifest.json"
READ_AT_ONCE = 1 << 20


class BackupError(StorageError):
    """A backup cannot be made, or is not one that can be used."""


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """A backup; version: of the database's tables. files: the bundles in it. blobs: how many are in it; None: left out.

    missing: names of bundles and blobs that the database knew and nobody could find.
    """

    dialect: str
    version: str
    created_at: str
    database: str
    sha256: str
    size_bytes: int
    bundles: tuple[str, ...]
    blobs: int | None
    missing: tuple[str, ...]
    format: int = FORMAT

    @property
    def made_at(self) -> datetime:
        """When the backup was made."""
        return datetime.fromisoformat(self.created_at)


def write_manifest(manifest: BackupManifest, folder: Path) -> None:
    """Write the manifest last: a folder without one is no backup."""
    write_durably(folder / MANIFEST, json.dumps(asdict(manifest), indent=2).encode())


def read_manifest(folder: Path) -> BackupManifest:
    """Read a backup's manifest and prove its database file unchanged; raise BackupError."""
    try:
        values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if values.get("format") != FORMAT:
            raise BackupError(f"{folder} was made by an Oddspot with another format of backups.")
        manifest = BackupManifest(**values | {name: tuple(values[name]) for name in ("bundles", "missing")})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"{folder} is no backup: its {MANIFEST} cannot be read.") from error
    if Path(manifest.database).name != manifest.database:
        raise BackupError(f"{folder} is no backup: it names a database outside of itself.")
    if sha256_of(folder / manifest.database) != manifest.sha256:
        raise BackupError(f"{folder} is damaged: {manifest.database} is not what was written.")
    return manifest


def sha256_of(file: Path) -> str:
    """Return the sha256 of a file; raise BackupError where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with file.open("rb") as content:
            while part := content.read(READ_AT_ONCE):
                digest.update(part)
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror}.") from error
    return digest.hexdigest()
