"""Migrations down and up again, step by step, with rows in every table; on both databases."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Boolean, Connection, Float, Integer, LargeBinary, MetaData, Table, insert, select, text

from storage.database import Database
from storage.migrate import _config, current, downgrade, head, migrate
from storage.models import Base
from tests.servers.postgres import PostgresServer

AT = datetime(2026, 11, 20, 12, 7, 3, 250000, tzinfo=UTC)
STEPS = [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]  # newest first


@pytest.fixture(params=["sqlite", "postgresql"])
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A database of its own, empty."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/migrations.db")
        yield database
        database.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = Database(server.create_database("oddspot_migrations"))
    yield database
    database.close()
    server.drop_database("oddspot_migrations")


def fill(connection: Connection) -> None:
    """Put one row into every table, every column of it filled."""
    for table in Base.metadata.sorted_tables:
        connection.execute(insert(table).values(row_of(table)))


def row_of(table: Table) -> dict[str, Any]:
    return {column.name: _value(column) for column in table.columns}


def _value(column: Any) -> Any:
    if column.name == "state":
        return "scored" if column.table.name == "frame" else "live"
    if column.name == "starts_at" and column.table.name.endswith("roll_up"):
        return AT.replace(minute=0, second=0, microsecond=0)
    kinds = ((Boolean, False), (Integer, 1), (Float, 0.5), (LargeBinary, b"\x01\x02"), (JSON, {"a": [1, "ü"]}))
    for kind, value in kinds:
        if isinstance(column.type, kind):
            return value
    return AT if "DateTime" in type(column.type).__name__ else f"{column.name} of {column.table.name}"


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }


def counted(database: Database) -> dict[str, int]:
    found = MetaData()
    with database.engine.connect() as connection:
        found.reflect(connection)
        return {
            name: connection.scalar(text(f"SELECT COUNT(*) FROM {name}")) or 0
            for name in sorted(found.tables)
            if name != "alembic_version"
        }


def test_goes_down_and_up_step_by_step_and_keeps_the_rows_of_every_table_that_stays(own: Database) -> None:
    migrate(own)
    with own.engine.begin() as connection:
        fill(connection)
    before = everything(own)
    assert all(len(rows) == 1 for rows in before.values())

    for revision in [*STEPS[1:], "base"]:
        downgrade(own, revision)
        assert current(own) == (None if revision == "base" else revision)
        assert set(counted(own).values()) <= {1}
    migrate(own)

    assert current(own) == head()
    assert set(counted(own).values()) == {0}


@pytest.mark.parametrize("down_to", STEPS[1:])
def test_brings_an_older_database_with_rows_up_to_date(own: Database, down_to: str) -> None:
    migrate(own)
    with own.engine.begin() as connection:
        fill(connection)
    downgrade(own, down_to)
    old = counted(own)

    migrate(own)

    assert current(own) == head()
    now = counted(own)
    assert {name: now[name] for name in old} == old
    assert now["captured_roll_up"] == 1


def test_counts_what_was_inspected_before_there_were_counts(own: Database) -> None:
    migrate(own)
    with own.engine.begin() as connection:
        fill(connection)
    before = everything(own)["captured_roll_up"]
    downgrade(own, "0008")

    migrate(own)

    [(source_id, starts_at, version_id, *counts)] = everything(own)["captured_roll_up"]
    assert (source_id, starts_at, version_id) == before[0][:3]
    assert counts == [1, 1, 1]


def test_a_migration_that_fails_leaves_everything_as_it_was(own: Database) -> None:
    migrate(own)
    with own.engine.begin() as connection:
        fill(connection)
    downgrade(own, "0008")
    with own.engine.begin() as connection:
        connection.execute(text("CREATE TABLE captured_roll_up (mine integer)"))
    old = counted(own)

    with pytest.raises(Exception, match="captured_roll_up"):
        migrate(own)

    assert current(own) == "0008"
    assert counted(own) == old
