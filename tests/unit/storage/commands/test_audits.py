import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from storage.cli import app
from storage.database import Database
from storage.records import LabelKind, Window
from storage.repositories.audit_picks import pick_for_audit
from storage.repositories.incidents import Joining, join_incident
from storage.repositories.labels import add_label, labels_of
from tests.factories import make_inspection, make_source, make_version


@pytest.fixture
def config(sqlite_database: Database, tmp_path: Path) -> Path:
    """Settings of a database with five audited frames of yesterday and three false incidents."""
    file = tmp_path / "oddspot.yaml"
    file.write_text(f"storage: {{data_dir: {json.dumps(str(tmp_path))}}}\n")
    at = datetime.now(UTC) - timedelta(days=1)
    with sqlite_database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        for number in range(8):
            make_inspection(session, source, version, number, score=0.1 * number, captured_at=at)
        window = Window(at - timedelta(hours=1), at + timedelta(hours=1))
        pick_for_audit(session, source, day="2026-11-19", window=window, frames=5, now=at)
        for number in range(3):
            moment = at + timedelta(hours=number + 1)
            odd = make_inspection(session, source, version, 20 + number, captured_at=moment)
            join_incident(session, odd, Joining(timedelta(minutes=5)), now=moment)
            add_label(session, odd, LabelKind.FALSE_ALARM, author="ada", now=moment)
    return file


def run(config: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments, "--config", str(config)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_lists_picked_frames_takes_a_word_on_each_and_says_the_rate(config: Path, sqlite_database: Database) -> None:
    picks = [json.loads(line) for line in run(config, "audit", "list", "--json").splitlines()]
    unknown = run(config, "audit", "rate")
    random = [pick["id"] for pick in picks if pick["picked"] == "random"]

    said = run(config, "audit", "say", random[0], "missed") + run(config, "audit", "say", random[1], "good")

    assert (len(picks), len(random)) == (5, 3)
    assert unknown == "line-1: misses unknown: only alerted frames were labelled.\n"
    assert said == f"{random[0]} is a missed defect.\n{random[1]} is good.\n"
    [rate] = [json.loads(line) for line in run(config, "audit", "rate", "--source", "line-1", "--json").splitlines()]
    assert (rate["audited"], rate["audited_missed"], rate["miss_rate"]) == (2, 1, 0.5)
    assert "missed" in run(config, "audit", "list", "--source", "line-1")
    with sqlite_database.reading() as session:
        assert [label.kind for label in labels_of(session, int(random[0][2:]))] == [LabelKind.MISSED]


def test_says_which_source_broke_its_budget(config: Path) -> None:
    [found] = [json.loads(line) for line in run(config, "source", "budget", "--json").splitlines()]

    assert (found["false_incidents"], found["budget"], found["is_broken"]) == (3, 2.0, True)
    assert run(config, "source", "budget").startswith("line-1: 3 false incidents in the last 7 days. At most 2 false")
