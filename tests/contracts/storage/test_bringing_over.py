"""A history that outgrew SQLite goes on in PostgreSQL: every row, with its number, or none."""

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from storage.database import Database
from storage.leader import Leadership
from storage.migrate import downgrade
from storage.models import Base
from storage.records import LabelKind
from storage.repositories.labels import add_label
from storage.repositories.silences import add_silence
from storage.upkeep.bringing_over import bring_over
from storage.upkeep.manifest import BackupError
from tests.factories import NOON, make_inspection, make_source, make_version
from tests.histories import fill, line, normal

ROWS = 2300  # more than are copied at once


@pytest.fixture
def old(sqlite_database: Database) -> Path:
    """A SQLite file with a history, labels, incidents, a silence and events that wait."""
    fill(sqlite_database, [normal(hours / 60, attributes={"lot": "L7"}) for hours in range(ROWS)])
    fill(sqlite_database, [line(1, label="defect", defect_class="crack", incident="I-9")])
    with sqlite_database.transaction() as session:
        source = make_source(session, "line-2")
        odd = make_inspection(session, source, make_version(session, source), 1, score=9.0)
        add_label(session, odd, LabelKind.FALSE_ALARM, author="ben", note="Fussel, ñ, \N{GRINNING FACE}", now=NOON)
        add_silence(session, source_id=source.id, until=NOON, author="ben", comment="x", now=NOON)
    return Path(str(sqlite_database.engine.url.database))


def rows_of(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def over(file: Path, database: Database, progress: Callable[[str, int], None] = lambda _table, _rows: None) -> int:
    return sum(bring_over(file, database, file.parent, progress=progress, actor="ada", now=NOON).values())


def test_brings_every_row_over_with_its_number(
    old: Path, sqlite_database: Database, postgres_database: Database
) -> None:
    seen: list[tuple[str, int]] = []
    before = rows_of(sqlite_database)

    copied = over(old, postgres_database, lambda *so_far: seen.append(so_far))
    after = rows_of(postgres_database)

    said = after["audit"].pop()
    assert after == before
    assert copied == sum(map(len, before.values()))
    assert "database_brought_over" in said
    assert [rows for table, rows in seen if table == "inspection"] == [1000, 2000, ROWS + 2]
    assert len(before["inspection"]) == ROWS + 2


def test_goes_on_counting_where_the_old_one_stopped(old: Path, postgres_database: Database) -> None:
    over(old, postgres_database)

    with postgres_database.transaction() as session:
        source = make_source(session, "line-3")
        new = make_inspection(session, source, make_version(session, source), 7)

    assert new == ROWS + 3


def test_copies_nothing_where_a_row_cannot_be_written(old: Path, postgres_database: Database) -> None:
    def fail(table: str, _rows: int) -> None:
        if table == "label":
            raise RuntimeError("the lights went out")

    with pytest.raises(RuntimeError):
        over(old, postgres_database, fail)

    assert not any(rows_of(postgres_database).values())


def test_refuses_what_cannot_be_brought_over(
    old: Path, tmp_path: Path, sqlite_database: Database, postgres_database: Database
) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(BackupError, match="There is no file"):
        over(tmp_path / "nothing.db", postgres_database)
    with pytest.raises(BackupError, match="is no database of Oddspot"):
        over(tmp_path / "empty.db", postgres_database)
    with pytest.raises(BackupError, match="is the database in use"):
        over(old, sqlite_database)
    with (old.parent / "leader.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match=r"running on .*: stop it first"):
            over(old, postgres_database)
    leadership = Leadership(postgres_database, tmp_path)
    assert leadership.is_leader()
    with pytest.raises(BackupError, match="running on this database"):
        over(old, postgres_database)
    leadership.release()
    over(old, postgres_database)
    with pytest.raises(BackupError, match="holds something already"):
        over(old, postgres_database)


def test_refuses_a_file_of_an_older_version(old: Path, sqlite_database: Database, postgres_database: Database) -> None:
    downgrade(sqlite_database, "-1")

    with pytest.raises(BackupError, match="run `oddspot db migrate` on it first"):
        over(old, postgres_database)

    assert "source" in inspect(postgres_database.engine).get_table_names()
    assert not any(rows_of(postgres_database).values())
