"""What is wrong in a database, if anything: its file, its tables, its ledger, its counts, and the files it names."""

from collections.abc import Iterator
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, exists, func, select, text
from sqlalchemy.orm import Session

from storage.blobs import BlobStore
from storage.database import Database, DatabaseError
from storage.migrate import current, head
from storage.models import Base, CapturedRollUpRow, FrameRow, InspectionRow
from storage.records import Check, FrameState
from storage.repositories.versions import list_versions

SHOWN = 3
AT_ONCE = 10_000
LARGEST = 1e300


def inspect_database(database: Database, blobs: BlobStore, data_dir: Path) -> Iterator[Check]:
    """Look at everything, one line each; what is read is one state, and nothing is changed."""
    try:
        yield from _inspected(database, blobs, data_dir)
    except DatabaseError as error:  # nothing after this can be read
        yield Check("file", is_ok=False, found=str(error), fix=_way_out(database))


def _way_out(database: Database) -> str:
    if database.dialect != "sqlite":
        return "Look at storage.database_url and its server."
    file = database.engine.url.database
    return f"Move {file} away, with its -wal and -shm, then restore a backup: `oddspot db restore FOLDER`."


def _inspected(database: Database, blobs: BlobStore, data_dir: Path) -> Iterator[Check]:
    yield _version(database)
    with database.reading() as session:
        connection = session.connection()
        yield _file(connection)
        yield _tables(connection)
        yield _ledger(session)
        yield _counts(session)
        yield _bundles(session, data_dir)
        yield _originals(session, blobs)


def _version(database: Database) -> Check:
    found = f"{database.dialect}, version {current(database)} of {head()}"
    return Check("version", is_ok=current(database) == head(), found=found, fix="Run `oddspot db migrate`.")


def _file(connection: Connection) -> Check:
    fix = "Restore a backup: `oddspot db restore FOLDER`."
    if connection.dialect.name == "sqlite":
        wrong = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(3)") if row[0] != "ok"]
        wrong += [
            f"{row[0]} names a row of {row[2]} that is gone"
            for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
        ]
        return _check("file", wrong, "whole", fix)
    query = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid OR NOT indisready"
    broken = [f"the index {name} is not valid" for name in connection.scalars(text(query))]
    return _check("file", broken, "every index is valid", "REINDEX what is named.")


def _tables(connection: Connection) -> Check:
    changes = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    return _check("tables", [str(change)[:120] for change in changes], "as this version has them", "Restore a backup.")


def _ledger(session: Session) -> Check:
    """Look for frames said to be scored that have no inspection, and for figures that are no numbers (I1, I6)."""
    own = exists().where(InspectionRow.frame_id == FrameRow.id)
    lost = session.scalar(select(func.count(FrameRow.id)).where(FrameRow.state == FrameState.SCORED, ~own)) or 0
    no_number = session.scalar(
        select(func.count(InspectionRow.id)).where(
            (InspectionRow.score != InspectionRow.score) | (func.abs(InspectionRow.score) > LARGEST)
        )
    )
    wrong = [f"{lost} frames are scored and have no inspection"] if lost else []
    wrong += [f"{no_number} scores are no numbers"] if no_number else []
    return _check("ledger", wrong, "every scored frame has its inspection", "Restore a backup, or keep it as it is.")


def _counts(session: Session) -> Check:
    """Compare what was counted with each inspection to the inspections themselves."""
    counted = select(CapturedRollUpRow.source_id, func.sum(CapturedRollUpRow.inspections))
    own = select(InspectionRow.source_id, func.count(InspectionRow.id)).where(InspectionRow.is_shadow.is_(False))
    counts = {key: int(number) for key, number in session.execute(counted.group_by(CapturedRollUpRow.source_id))}
    there = {key: int(number) for key, number in session.execute(own.group_by(InspectionRow.source_id))}
    wrong = [
        f"of source {key} {counts.get(key, 0):,} inspections were counted, {there.get(key, 0):,} are there"
        for key in sorted({*counts, *there})
        if counts.get(key, 0) != there.get(key, 0)
    ]
    return _check("counts", wrong, "as many as there are inspections", "Run `oddspot db recount`.")


def _bundles(session: Session, data_dir: Path) -> Check:
    named = [version for version in list_versions(session) if version.bundle]
    wrong = [f"{one.name} has no {one.bundle}" for one in named if not (data_dir / str(one.bundle)).is_dir()]
    return _check("bundles", wrong, f"{len(named)} detectors have theirs", "Restore a backup, or fit the source again.")


def _originals(session: Session, blobs: BlobStore) -> Check:
    """Look whether the originals that rows promise lie in the data folder."""
    query = select(FrameRow.id, FrameRow.sha256).where(FrameRow.has_blob, FrameRow.state != FrameState.REJECTED)
    promised, gone = 0, []
    for frame_id, sha256 in session.execute(query.execution_options(yield_per=AT_ONCE)):
        promised += 1
        if not blobs.path(sha256).exists():
            gone.append(f"the original of frame {frame_id} is gone")
    return _check("originals", gone, f"{promised:,} are there", "Restore a backup with its blobs.")


def _check(name: str, wrong: list[str], well: str, fix: str) -> Check:
    if not wrong:
        return Check(name, is_ok=True, found=well)
    more = f", and {len(wrong) - SHOWN:,} more" if len(wrong) > SHOWN else ""
    return Check(name, is_ok=False, found="; ".join(wrong[:SHOWN]) + more, fix=fix)
