"""A home that a past version made, opened by this one; and a migration that goes wrong."""

import logging
import shutil
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import migrate as migrating
from storage.database import Database
from storage.migrate import MigrationError, current, head, migrate
from tests.factories import make_source
from tests.fixtures.kept_homes import NAMES, restore_home, rows_of
from tests.servers.postgres import PostgresServer

BROKEN = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("source", sa.Column("half", sa.String()))
    op.execute("UPDATE source SET name = 'spoilt', half = 'done'")
    op.execute("DELETE FROM audit")
    raise RuntimeError("half way through")
"""


@pytest.mark.parametrize("name", NAMES)
def test_keeps_every_row_and_a_copy_of_what_was(name: str, tmp_path: Path) -> None:
    file = restore_home(name, tmp_path / "home")
    before = rows_of(file)
    [version] = before["alembic_version"]

    database = Database(f"sqlite:///{file}")
    migrate(database)
    found = current(database)
    database.close()

    assert found == head()
    after = rows_of(file)
    for table, rows in before.items():
        if table not in {"alembic_version", "sqlite_sequence"}:
            kept = [{column: value for column, value in row.items() if column in rows[0]} for row in after[table]]
            assert kept == rows, table
    copy = file.with_name(f"oddspot.db.before-{version['version_num']}")
    if version["version_num"] != head():
        assert rows_of(copy) == before
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.glob(".oddspot.db*")] == []


def test_an_empty_or_present_database_is_not_copied(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'oddspot.db'}")
    for _ in range(2):
        migrate(database)
    database.close()

    assert list(tmp_path.glob("*.before-*")) == []


def test_goes_on_with_a_word_where_there_is_no_room_for_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = restore_home(NAMES[0], tmp_path / "home")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))
    database = Database(f"sqlite:///{file}")

    with caplog.at_level(logging.WARNING):
        migrate(database)
    database.close()

    assert "no room for a copy" in caplog.text
    assert list(file.parent.glob("*.before-*")) == []


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database of this version with a row in it, of nobody else."""
    url = f"sqlite:///{tmp_path / 'oddspot.db'}"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        assert isinstance(server, PostgresServer)
        url = server.create_database("upgrade_tests")
        request.addfinalizer(lambda: server.drop_database("upgrade_tests"))
    database = Database(url)
    request.addfinalizer(database.close)  # noqa: PT021 - before it is dropped
    migrate(database)
    with database.transaction() as session:
        make_source(session)
    return database


def test_a_migration_that_fails_leaves_everything_as_it_was(
    fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = head()
    scripts = tmp_path / "migrations"
    shutil.copytree(migrating.MIGRATIONS, scripts)
    (scripts / "versions" / "9999_broken.py").write_text(BROKEN.format(before=version), encoding="utf-8")

    def state() -> tuple[object, ...]:
        with fresh.reading() as session:
            sources = session.execute(text("SELECT * FROM source")).mappings().all()
            acts = session.execute(text("SELECT count(*) FROM audit")).scalar()
        return [dict(row) for row in sources], acts, current(fresh)

    before = state()
    monkeypatch.setattr(migrating, "MIGRATIONS", scripts)
    with pytest.raises(MigrationError, match=rf"from version {version} to 9999 \(half way through\); it is as it was"):
        migrate(fresh)

    assert state() == before
    monkeypatch.undo()
    migrate(fresh)  # the version before goes on with it
    assert state() == before
