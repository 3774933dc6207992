import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from storage.cli import app
from storage.database import Database
from storage.records import SILENT, Fault
from storage.repositories.outages import end_outage, open_outage, open_outage_of
from tests.factories import NOON, make_source, make_version


@pytest.fixture
def config(sqlite_database: Database, tmp_path: Path) -> str:
    """A moved camera, and a silence that is over."""
    file = tmp_path / "oddspot.yaml"
    file.write_text(f"storage: {{data_dir: {json.dumps(str(tmp_path))}}}\n")
    with sqlite_database.transaction() as session:
        line_1, line_2 = make_source(session, "line-1"), make_source(session, "line-2")
        make_version(session, line_1)
        for source, kind, frames in ((line_1, Fault.MOVED, 412), (line_2, SILENT, 0)):
            open_outage(
                session,
                source_id=source.id,
                kind=kind,
                started_at=NOON,
                last_at=NOON,
                frames=frames,
                is_told=True,
                now=NOON,
            )
        silence = open_outage_of(session, line_2.id)
        assert silence is not None
        end_outage(session, silence, at=NOON + timedelta(hours=1), now=NOON)
    return str(file)


def run(*arguments: str) -> str:
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_lists_what_was_not_judged_and_why(config: str) -> None:
    table = run("outage", "list", "--config", config)

    assert [line.split() for line in table.splitlines()[1:]] == [
        ["line-2", "silent", "2026-11-20", "12:00:00", "2026-11-20", "13:00:00", "-"],
        ["line-1", "moved", "2026-11-20", "12:00:00", "goes", "on", "412"],
    ]


def test_gives_scripts_one_object_a_line(config: str) -> None:
    lines = run("outage", "list", "--config", config, "--json", "--open").splitlines()

    assert [json.loads(line) for line in lines] == [
        {
            "source": "line-1",
            "outage": 1,
            "kind": "moved",
            "started_at": "2026-11-20T12:00:00Z",
            "last_at": "2026-11-20T12:00:00Z",
            "ended_at": None,
            "frames": 412,
        }
    ]
    assert run("outage", "list", "--config", config, "--source", "line-2", "--json").count("\n") == 1


def test_adds_up_what_was_not_judged(config: str, sqlite_database: Database) -> None:
    start = datetime.now(UTC) - timedelta(hours=2)
    with sqlite_database.transaction() as session:
        source = make_source(session, "line-3")
        open_outage(
            session,
            source_id=source.id,
            kind=SILENT,
            started_at=start,
            last_at=start,
            frames=0,
            is_told=True,
            now=start,
        )
        silence = open_outage_of(session, source.id)
        assert silence is not None
        end_outage(session, silence, at=start + timedelta(hours=1), now=start)

    [line] = run("outage", "total", "--config", config, "--source", "line-3", "--json").splitlines()
    table = run("outage", "total", "--config", config, "--source", "line-3")

    values = json.loads(line)
    assert (values["kind"], values["minutes"], values["frames"], values["outages"]) == ("silent", 60, 0, 1)
    assert table.splitlines()[1].split() == ["line-3", "silent", "60.0", "0", "1"]
    recently = run("outage", "total", "--config", config, "--days", "0.01", "--source", "line-3")
    assert "Everything was judged" in recently


def test_names_the_sources_there_are_where_one_is_unknown(config: str) -> None:
    done = CliRunner().invoke(app, ["outage", "list", "--config", config, "--source", "line-9"])

    assert done.exit_code != 0
    assert "known sources: line-1, line-2" in str(done.exception)


def test_the_list_of_sources_says_what_is_not_judged(config: str) -> None:
    table = run("source", "list", "--config", config)
    lines = run("source", "list", "--config", config, "--json").splitlines()

    assert "live, not judged since 2026-11-20 12:00:00 (moved)" in table
    assert [outage and outage["kind"] for outage in (json.loads(line)["outage"] for line in lines)] == ["moved", None]
