"""What the assistant reads through can change nothing, on both databases; on PostgreSQL it sees views and no more."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.registry import TOOLS, run_tool
from config.settings import Settings
from storage.checks import checks
from storage.database import Database, DatabaseError
from storage.migrate import downgrade, migrate
from storage.models import Base
from storage.opening import open_reader
from storage.reader import SHOWN, ReaderUrlError, ReadingDatabase, role_of
from storage.upkeep.reading_role import RoleError, make_role, shortcomings
from tests.contracts.test_assistant_tools import GOOD
from tests.histories import NOW, fill, line, normal
from tests.servers.postgres import PostgresServer

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROLE, PASSWORD = "oddspot_reading_test", "p'a:ss%40@word"


def reader_url(database: Database) -> str:
    url = database.engine.url.set(username=ROLE, password=PASSWORD)
    return url.render_as_string(hide_password=False)


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def make(database: Database) -> list[str]:
    return make_role(
        database, reader_url=reader_url(database), database_url=url_of(database), actor="terminal:x", now=AT
    )


@pytest.fixture
def role_reading(postgres_database: Database) -> Iterator[ReadingDatabase]:
    """What the role reads through; it is gone afterwards."""
    assert make(postgres_database) == []
    opened = ReadingDatabase(reader_url(postgres_database), is_role=True)
    yield opened
    opened.close()
    with postgres_database.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA oddspot_reader CASCADE"))
        connection.execute(text(f"DROP OWNED BY {ROLE}"))
        connection.execute(text(f"DROP ROLE {ROLE}"))


@pytest.fixture
def file_reading(sqlite_database: Database) -> Iterator[ReadingDatabase]:
    """What reads the file."""
    opened = ReadingDatabase(url_of(sqlite_database), is_role=False)
    yield opened
    opened.close()


@pytest.fixture
def reading(database: Database, request: pytest.FixtureRequest) -> ReadingDatabase:
    """The reader of each kind of database."""
    given = request.getfixturevalue("file_reading" if database.dialect == "sqlite" else "role_reading")
    assert isinstance(given, ReadingDatabase)
    return given


def test_answers_every_tool_as_the_whole_database_does(
    database: Database, reading: ReadingDatabase, tmp_path: Path
) -> None:
    fill(database, [line(hours, incident="x", label="defect", defect_class="crack") for hours in range(1, 60, 3)])
    fill(database, [normal(hours + 0.5, source="line-2", attributes={"lot": str(hours)}) for hours in range(60)])
    settings = Settings.model_validate({"storage": {"data_dir": str(tmp_path)}})

    assert set(GOOD) == set(TOOLS)
    for name, arguments in GOOD.items():
        whole = run_tool(ToolContext(database, settings, NOW), name, arguments).as_json()
        seen = run_tool(ToolContext(reading, settings, NOW), name, arguments).as_json()
        assert json.dumps(seen) == json.dumps(whole), name


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM source",
        "UPDATE inspection SET label = 'defect'",
        "INSERT INTO audit (at, actor, action, subject, detail) VALUES (CURRENT_TIMESTAMP, 'x', 'x', 'x', '{}')",
        "CREATE TABLE mine (id integer)",
        "CREATE TEMPORARY TABLE mine (id integer)",
        "DROP TABLE frame",
    ],
)
def test_can_write_nothing(reading: ReadingDatabase, statement: str) -> None:
    with pytest.raises((DatabaseError, DBAPIError)), reading.reading() as session:
        session.execute(text(statement))


def test_gives_no_transaction(reading: ReadingDatabase) -> None:
    with pytest.raises(DatabaseError, match="only reads"), reading.transaction():
        pass


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM oddspot_reader.source",
        "UPDATE oddspot_reader.inspection SET label = 'defect'",
        "DELETE FROM public.source",
        "SELECT * FROM public.frame",
        "SELECT * FROM public.delivery",
        "SELECT * FROM public.feedback",
        "CREATE TEMPORARY TABLE mine (id integer)",
        "CREATE TABLE public.mine (id integer)",
        "CREATE SCHEMA mine",
        "COPY oddspot_reader.source TO PROGRAM 'cat'",
    ],
)
def test_a_role_that_lifts_what_it_may_lift_still_can_do_nothing(role_reading: ReadingDatabase, statement: str) -> None:
    with role_reading.engine.connect() as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.commit()
        assert connection.scalar(text("SHOW transaction_read_only")) == "off"
        with pytest.raises(DBAPIError, match=r"permission denied|must be superuser"):
            connection.execute(text(statement))


def test_ends_a_query_that_takes_too_long(postgres_database: Database) -> None:
    reading = ReadingDatabase(url_of(postgres_database), is_role=False)
    with reading.reading() as session:
        assert session.scalar(text("SHOW statement_timeout")) == "3s"
        session.execute(text("SET LOCAL statement_timeout = '50ms'"))
        with pytest.raises(DBAPIError, match="statement timeout"):
            session.execute(text("SELECT pg_sleep(10)"))
    reading.close()


def test_shows_neither_where_files_lie_nor_tables_no_question_needs(
    postgres_database: Database, role_reading: ReadingDatabase
) -> None:
    assert {"delivery", "feedback", "job", "channel", "alarm"}.isdisjoint(SHOWN)
    assert set(SHOWN) <= set(Base.metadata.tables)
    fill(postgres_database, [normal(1)])
    with postgres_database.transaction() as session:
        session.execute(text("UPDATE frame SET origin = '/home/ada/photo.png'"))
    with role_reading.reading() as session:
        assert session.scalar(text("SELECT origin FROM frame")) is None


def test_reads_on_after_the_tables_have_changed(postgres: PostgresServer) -> None:
    database = Database(postgres.create_database("oddspot_reader_upgrade"))
    migrate(database)
    assert make(database) == []
    fill(database, [normal(1)])

    downgrade(database, "0010")
    migrate(database)

    reading = ReadingDatabase(reader_url(database), is_role=True)
    with reading.reading() as session:
        assert session.scalar(text("SELECT COUNT(*) FROM inspection")) == 1
        actors = session.scalars(text("SELECT action FROM audit")).all()
    reading.close()
    with database.engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {ROLE}"))
        connection.execute(text(f"DROP ROLE {ROLE}"))
    database.close()
    postgres.drop_database("oddspot_reader_upgrade")
    assert actors == ["reader_made"]


@pytest.mark.usefixtures("role_reading")
def test_tells_the_doctor_what_the_role_may_do(postgres_database: Database, tmp_path: Path) -> None:
    urls = {"database_url": url_of(postgres_database), "reader_url": reader_url(postgres_database)}
    settings = Settings.model_validate({"storage": {"data_dir": str(tmp_path)} | urls})

    well = {check.name: check for check in checks(settings)}["reader"]
    with postgres_database.engine.begin() as connection:
        connection.execute(text(f"GRANT UPDATE ON source TO {ROLE}"))
    ill = {check.name: check for check in checks(settings)}["reader"]

    assert (well.is_ok, well.found) == (True, f"{ROLE} can only SELECT from views")
    assert (ill.is_ok, ill.found) == (False, f"{ROLE} may write")
    assert PASSWORD not in well.found + ill.found + ill.fix


@pytest.mark.usefixtures("role_reading")
def test_knows_what_a_role_may_do_beyond_reading(postgres_database: Database) -> None:
    with postgres_database.engine.begin() as connection:
        connection.execute(text(f"GRANT INSERT ON source TO {ROLE}"))
        found = shortcomings(connection, ROLE)
        connection.execute(text(f"REVOKE INSERT ON source FROM {ROLE}"))
        none = shortcomings(connection, ROLE)
        owner = shortcomings(connection, "postgres")

    assert found == ["may write"]
    assert none == []
    assert "is more than a user" in owner


def test_says_what_an_administrator_has_to_do_where_the_user_may_not(postgres_database: Database) -> None:
    with postgres_database.engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS oddspot_poor"))
        connection.execute(text("CREATE ROLE oddspot_poor LOGIN"))
        connection.execute(text("GRANT ALL ON ALL TABLES IN SCHEMA public TO oddspot_poor"))
    poor = Database(postgres_database.engine.url.set(username="oddspot_poor").render_as_string(hide_password=False))
    wanted = make_url(reader_url(postgres_database)).set(username="oddspot_nobody")
    with pytest.raises(RoleError, match=r"oddspot_nobody.*db reader --sql"):
        make_role(
            poor,
            reader_url=wanted.render_as_string(hide_password=False),
            database_url=url_of(poor),
            actor="terminal:x",
            now=AT,
        )
    poor.close()
    with postgres_database.engine.begin() as connection:
        connection.execute(text("DROP OWNED BY oddspot_poor"))
        connection.execute(text("DROP ROLE oddspot_poor"))


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        ("postgresql://odd:x@db/oddspot", "user of its own"),
        ("postgresql://reader:x@db/other", "another database"),
        ("postgresql://db/oddspot", "user of its own"),
        ("sqlite:///x.db", "for PostgreSQL"),
    ],
)
def test_refuses_a_reader_url_that_names_no_role_of_its_own(reader: str, words: str) -> None:
    with pytest.raises(ReaderUrlError, match=words):
        role_of(reader, "postgresql://odd:y@db/oddspot")


def test_opens_the_reader_the_settings_name(sqlite_database: Database, tmp_path: Path) -> None:
    settings = Settings.model_validate({"storage": {"data_dir": str(tmp_path)}})
    sqlite_database.close()  # nobody else has it open: its journal is folded in

    reading = open_reader(settings)

    with reading.reading() as session:
        assert session.scalar(text("SELECT COUNT(*) FROM source")) == 0
    reading.close()
