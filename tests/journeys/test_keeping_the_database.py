"""The database kept by commands: checked, backed up, lost and restored; and asked through the role that only reads."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from config.load import load_settings
from storage.database import Database
from tests.histories import NOW, line, normal
from tests.journeys.commands import json_lines, oddspot
from tests.servers.postgres import PostgresServer, libpq_url

ROLE, PASSWORD = "oddspot_journey_reader", "ca'n@ry-9f3"
LOOKED_AT = ["version", "file", "tables", "ledger", "counts", "bundles", "originals"]
ASKED_AT = NOW.isoformat()


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder with settings and a small history, in a database of each kind."""
    storage: dict[str, str] = {"data_dir": "data"}
    server: PostgresServer | None = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        storage["database_url"] = server.create_database("oddspot_journey")
    (tmp_path / "oddspot.yaml").write_text(json.dumps({"storage": storage}))
    lines = [line(hours, label="defect", defect_class="crack") for hours in range(1, 40, 4)]
    lines += [normal(hours + 0.5) for hours in range(40)]
    (tmp_path / "history.jsonl").write_text("\n".join(json.dumps(one) for one in lines))
    assert oddspot("history", "import", "history.jsonl", cwd=tmp_path).returncode == 0
    yield tmp_path
    if server is not None:
        server.drop_database("oddspot_journey")


def count(home: Path) -> int:
    [answer] = json_lines(oddspot("ask", "How many images in all?", "--json", "--now", ASKED_AT, cwd=home))
    facts = {fact["name"]: fact["value"] for fact in answer["facts"]}
    return int(facts.get("inspections", facts.get("judged", 0)))


def test_checks_backs_up_and_restores(home: Path, request: pytest.FixtureRequest) -> None:
    before = count(home)
    kept = json_lines(oddspot("db", "backup", "kept", "--json", cwd=home))[0]
    well = json_lines(oddspot("db", "check", "--json", cwd=home))
    refused = oddspot("db", "restore", "kept", cwd=home)
    shutil.rmtree(home / "data")
    if kept["dialect"] == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        server.drop_database("oddspot_journey")
        server.create_database("oddspot_journey")

    restored = oddspot("db", "restore", "kept", cwd=home)
    again = oddspot("db", "restore", "kept", "--replace", cwd=home)

    assert before == 50
    assert count(home) == before
    assert all(check["ok"] for check in well), well
    assert {check["name"] for check in well} == {
        "version",
        "file",
        "tables",
        "ledger",
        "counts",
        "bundles",
        "originals",
    }
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    assert restored.stdout.startswith("Restored the backup of ")
    assert "What was there before is in" in again.stdout
    assert json_lines(oddspot("db", "prune", "--json", cwd=home)) == [{"originals": 0, "looked_at": 0}]


def break_counts(home: Path) -> None:
    database = Database(load_settings(home / "oddspot.yaml").database_url)
    first = "(SELECT MIN(starts_at) FROM captured_roll_up)"
    with database.transaction() as session:
        session.execute(text("UPDATE captured_roll_up SET inspections = 0"))
        session.execute(text(f"UPDATE captured_roll_up SET inspections = 7 WHERE starts_at = {first}"))
    database.close()


def test_finds_what_is_wrong_and_counts_anew(home: Path) -> None:
    break_counts(home)

    found = oddspot("db", "check", cwd=home)
    oddspot("db", "recount", cwd=home)

    assert found.returncode == 1
    assert "FAIL counts: of source 1 7 inspections were counted, 50 are there" in found.stdout
    assert "fix: Run `oddspot db recount`." in found.stdout
    assert oddspot("db", "check", cwd=home).returncode == 0


def test_asks_through_a_role_that_only_reads(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.create_database("oddspot_reader_journey")
    with_role = url.replace("postgres@", f"{ROLE}:ca'n%40ry-9f3@")
    (tmp_path / "oddspot.yaml").write_text(
        json.dumps({"storage": {"data_dir": "data", "database_url": url, "reader_url": with_role}})
    )
    (tmp_path / "history.jsonl").write_text("\n".join(json.dumps(normal(hours)) for hours in range(1, 30)))
    assert oddspot("history", "import", "history.jsonl", cwd=tmp_path).returncode == 0

    before = oddspot("ask", "How many images in all?", "--now", ASKED_AT, cwd=tmp_path)
    printed = oddspot("db", "reader", "--sql", cwd=tmp_path)
    made = oddspot("db", "reader", cwd=tmp_path)
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("UPDATE frame SET origin = '/home/ada'")

    assert count(tmp_path) == 29
    assert made.stdout == "The role of storage.reader_url reads the views of the assistant, and can do nothing else.\n"
    assert f'CREATE ROLE "{ROLE}" LOGIN NOSUPERUSER' in printed.stdout
    assert PASSWORD not in printed.stdout + printed.stderr + before.stdout + before.stderr + made.stdout + made.stderr
    assert "does not exist" in before.stdout
    with psycopg.connect(libpq_url(with_role)) as reading, pytest.raises(psycopg.Error):
        reading.execute("DELETE FROM source")
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute(f"DROP OWNED BY {ROLE} CASCADE")
        connection.execute(f"DROP ROLE {ROLE}")
    postgres.drop_database("oddspot_reader_journey")
