"""A backup: the database as it stood at one moment, then the files it names; and back into its place."""

import os
import shutil
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from config.errors import reason_of
from storage.blobs import BlobStore
from storage.database import Database, make_private
from storage.leader import Leadership
from storage.migrate import current, knows, migrate
from storage.models import FrameRow, SourceRow
from storage.repositories.audit import write_audit
from storage.repositories.versions import list_versions
from storage.upkeep.copying import copy_in, copy_out
from storage.upkeep.manifest import BackupError, BackupManifest, read_manifest, sha256_of, write_manifest

BLOBS, BUNDLES = "blobs", "bundles"


def back_up(
    database: Database, blobs: BlobStore, data_dir: Path, folder: Path, *, with_blobs: bool, actor: str, now: datetime
) -> BackupManifest:
    """Write a backup into a folder that is not there yet, and return what is in it; raise BackupError.

    The database comes first: whatever it names was written before it, and is never written again.
    """
    part = folder.with_name(f".{folder.name}.part")
    if folder.exists():
        raise BackupError(f"{folder} is there already.")
    with database.transaction() as session:
        detail = {"with_blobs": with_blobs}
        write_audit(session, actor=actor, action="database_backed_up", subject=folder.name, detail=detail, now=now)
    shutil.rmtree(part, ignore_errors=True)
    try:
        make_private(part)
        part.chmod(0o700)
        file = copy_out(database, part)
        bundles, gone = _copy_bundles(database, data_dir, part)
        manifest = BackupManifest(
            dialect=database.dialect,
            version=current(database) or "",
            created_at=now.isoformat(),
            database=file.name,
            sha256=sha256_of(file),
            size_bytes=file.stat().st_size,
            bundles=bundles,
            blobs=_copy_blobs(blobs, part) if with_blobs else None,
            missing=gone,
        )
        write_manifest(manifest, part)
        part.rename(folder)
    except OSError as error:
        raise BackupError(f"The backup cannot be written: {reason_of(error)}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def restore(
    folder: Path, database: Database, blobs: BlobStore, data_dir: Path, *, replaces: bool, actor: str, now: datetime
) -> tuple[BackupManifest, Path | None]:
    """Put a backup into a database and its folder; return its manifest and where what was there before is kept.

    Raise BackupError: for a damaged backup, one of another kind of database or of a newer version, while Oddspot runs,
    and for a database that holds something, unless `replaces`. The database changes as a whole or not at all.
    """
    manifest = read_manifest(folder)
    _refuse_unfit(manifest, database)
    _refuse_damaged(folder, manifest)
    leadership = Leadership(database, data_dir)
    if not leadership.is_leader():
        raise BackupError("Oddspot is running on this database: stop it first.")
    try:
        kept = _keep_what_is_there(database, blobs, data_dir, replaces=replaces, actor=actor, now=now)
        copy_in(folder / manifest.database, database)
        migrate(database)
        _bring_files(folder, manifest, blobs, data_dir)
        with database.transaction() as session:
            detail = {"backup_of": manifest.created_at}
            write_audit(session, actor=actor, action="database_restored", subject=folder.name, detail=detail, now=now)
    except OSError as error:
        raise BackupError(f"The backup cannot be restored: {reason_of(error)}.") from error
    finally:
        leadership.release()
    return manifest, kept


def _refuse_unfit(manifest: BackupManifest, database: Database) -> None:
    if manifest.dialect != database.dialect:
        raise BackupError(f"The backup is of {manifest.dialect}, the database in use is {database.dialect}.")
    if not knows(manifest.version):
        raise BackupError(f"The backup is of a newer version ({manifest.version}) than this Oddspot knows.")


def _refuse_damaged(folder: Path, manifest: BackupManifest) -> None:
    """Prove every file unchanged before anything is put in its place."""
    files = _blobs_in(folder)
    for file in files:
        if sha256_of(file) != file.name:
            raise BackupError(f"{folder} is damaged: the blob {file.name[:12]} is not what was written.")
    if manifest.blobs is not None and len(files) < manifest.blobs:
        raise BackupError(f"{folder} is damaged: {manifest.blobs - len(files)} of {manifest.blobs} blobs are gone.")
    for name in manifest.bundles:
        if not (folder / BUNDLES / Path(name).name).is_dir():
            raise BackupError(f"{folder} is damaged: {name} is gone.")


def _keep_what_is_there(
    database: Database, blobs: BlobStore, data_dir: Path, *, replaces: bool, actor: str, now: datetime
) -> Path | None:
    if current(database) is None:
        return None
    migrate(database)
    with database.reading() as session:
        frames = session.scalar(select(func.count()).select_from(select(FrameRow.id).limit(1).subquery()))
        sources = session.scalar(select(func.count(SourceRow.id)))
    if not frames and not sources:
        return None
    if not replaces:
        raise BackupError("The database holds something already; --replace puts the backup in its place.")
    kept = data_dir / f"before-restore-{now:%Y%m%dT%H%M%SZ}"
    back_up(database, blobs, data_dir, kept, with_blobs=False, actor=actor, now=now)
    return kept


def _copy_bundles(database: Database, data_dir: Path, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Copy the bundles the versions name; return their places in data_dir, and those that are not there."""
    with database.reading() as session:
        named = sorted({version.bundle for version in list_versions(session) if version.bundle})
    there = [name for name in named if (data_dir / name).is_dir()]
    for name in there:
        shutil.copytree(data_dir / name, folder / BUNDLES / Path(name).name, dirs_exist_ok=True)
    return tuple(there), tuple(name for name in named if name not in there)


def _copy_blobs(blobs: BlobStore, folder: Path) -> int:
    copied = 0
    for name in blobs.names():
        target = folder / BLOBS / name[:2] / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            shutil.copyfile(blobs.path(name), target)
        except FileNotFoundError:
            continue  # retention was here
        copied += 1
    return copied


def _bring_files(folder: Path, manifest: BackupManifest, blobs: BlobStore, data_dir: Path) -> None:
    for name in manifest.bundles:
        place = data_dir / BUNDLES / Path(name).name
        if not place.exists():
            shutil.copytree(folder / BUNDLES / Path(name).name, place)
    for file in _blobs_in(folder):
        blobs.put(file.read_bytes())
    for made in (data_dir / BUNDLES, *(data_dir / BUNDLES / Path(name).name for name in manifest.bundles)):
        if made.is_dir():
            os.chmod(made, 0o700)  # noqa: PTH101 - a copy takes the rights of where it lay


def _blobs_in(folder: Path) -> list[Path]:
    return sorted(file for file in (folder / BLOBS).glob("*/*") if not file.is_symlink())
