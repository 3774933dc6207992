"""From SQLite to another database: every row of a file into an empty one, with its number, as a whole or not at all."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Integer, Table, func, insert, select, text

from storage.database import Database
from storage.leader import Leadership, somebody_leads
from storage.migrate import current, head, migrate
from storage.models import Base
from storage.repositories.audit import write_audit
from storage.upkeep.manifest import BackupError

AT_ONCE = 1000
Progress = Callable[[str, int], None]


def bring_over(
    file: Path, database: Database, data_dir: Path, *, progress: Progress, actor: str, now: datetime
) -> dict[str, int]:
    """Copy every row of a SQLite file into a database that holds nothing; return how many rows each table got.

    progress: called with a table's name and the rows so far. Originals and bundles lie in data_dir as before. Raise
    BackupError for a file that is not there or of another version, for a database that holds something, while Oddspot
    runs.
    """
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    migrate(database)
    with closing(Database(f"sqlite:///{file}")) as source:
        _refuse_unfit(source, database, file)
        leadership = Leadership(database, data_dir)
        if not leadership.is_leader():
            raise BackupError("Oddspot is running on this database: stop it first.")
        try:
            with source.reading() as old, database.transaction() as new:
                if somebody_leads(source, old, file.parent):
                    raise BackupError(f"Oddspot is running on {file}: stop it first.")
                rows = _copy_all(old.connection(), new.connection(), progress)
                detail = {"rows": sum(rows.values())}
                write_audit(new, actor=actor, action="database_brought_over", subject=file.name, detail=detail, now=now)
        finally:
            leadership.release()
    return rows


def _refuse_unfit(source: Database, database: Database, file: Path) -> None:
    if database.engine.url.database == str(file):
        raise BackupError(f"{file} is the database in use: set storage.database_url to the new one first.")
    found = current(source)
    if found != head():
        known = f"of version {found}" if found else "no database of Oddspot"
        raise BackupError(f"{file} is {known}, and {head()} is needed: run `oddspot db migrate` on it first.")
    with database.reading() as session:
        holding = [
            table.name for table in Base.metadata.sorted_tables if session.execute(select(table).limit(1)).first()
        ]
    if holding:
        raise BackupError(f"The new database holds something already ({', '.join(holding)}): an empty one is needed.")


def _copy_all(old: Connection, new: Connection, progress: Progress) -> dict[str, int]:
    """Copy the tables in an order in which what a row names is there before it."""
    rows = {table.name: _copy(table, old, new, progress) for table in Base.metadata.sorted_tables}
    if new.dialect.name == "postgresql":
        for table in Base.metadata.sorted_tables:
            _count_on(table, new)
    return rows


def _copy(table: Table, old: Connection, new: Connection, progress: Progress) -> int:
    copied = 0
    found = old.execution_options(yield_per=AT_ONCE).execute(select(table).order_by(*table.primary_key))
    for part in found.mappings().partitions(AT_ONCE):
        new.execute(insert(table), [dict(row) for row in part])
        copied += len(part)
        progress(table.name, copied)
    return copied


def _count_on(table: Table, new: Connection) -> None:
    """Let the next row's number follow on the highest there is."""
    key = list(table.primary_key)
    if len(key) != 1 or not isinstance(key[0].type, Integer):
        return
    sequence = new.scalar(select(func.pg_get_serial_sequence(table.name, key[0].name)))
    highest = new.scalar(select(func.max(key[0])))
    if sequence is not None and highest is not None:
        new.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})
