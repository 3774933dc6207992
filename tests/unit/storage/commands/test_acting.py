import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from storage.cli import app
from storage.database import Database
from storage.models import AuditRow, EventRow
from storage.records import IncidentState, LabelKind
from storage.repositories.incidents import Joining, incident_by_id, join_incident
from storage.repositories.labels import add_label
from storage.repositories.memory import hold_back
from storage.repositories.silences import active_silences
from tests.contracts.storage.test_alike import JOIN
from tests.factories import NOON, make_inspection, make_source, make_version


@pytest.fixture
def config(sqlite_database: Database, tmp_path: Path) -> Path:
    """Two anomalies of line-1 in I-1."""
    file = tmp_path / "oddspot.yaml"
    file.write_text(f"storage: {{data_dir: {json.dumps(str(tmp_path))}}}\n")
    with sqlite_database.transaction() as session:
        source = make_source(session)
        version = make_version(session, source)
        for number in range(2):
            inspection_id = make_inspection(
                session, source, version, number, vectors=b"\x00\x3c", embedding_space="space"
            )
            join_incident(session, inspection_id, Joining(JOIN), now=NOON)
    return file


def run(config: Path, *words: str, fails: bool = False) -> str:
    result = CliRunner().invoke(app, [*words, "--config", str(config)])
    assert (result.exception is not None) is fails, result.output
    return str(result.exception) if fails else result.stdout


def rows(config: Path, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(config, *words, "--json").splitlines()]


def test_takes_an_incident_up_and_back_and_lets_its_message_say_so(sqlite_database: Database, config: Path) -> None:
    assert run(config, "incident", "acknowledge", "I-1") == "I-1 is acknowledged.\n"
    with sqlite_database.reading() as session:
        assert incident_by_id(session, 1).state is IncidentState.ACKNOWLEDGED
    assert run(config, "incident", "undo", "i1").startswith("Taken back: incident acknowledged of I-1 by terminal:")
    assert "Nothing was done about I-1" in run(config, "incident", "undo", "1", fails=True)
    assert run(config, "incident", "resolve", "I-1") == "I-1 is resolved.\n"
    (listed,) = rows(config, "incident", "list")

    assert (listed["state"], listed["anomalies"]) == ("resolved", 2)
    with sqlite_database.reading() as session:
        told = [row.payload for row in session.query(EventRow).filter_by(kind="changed")]
    assert told == [{"incident_id": 1}] * 3
    assert "There is no incident I-9" in run(config, "incident", "resolve", "I-9", fails=True)
    assert "is not an incident's id" in run(config, "incident", "resolve", "A-1", fails=True)


def test_takes_back_one_act_on_an_incident_after_the_other(config: Path) -> None:
    run(config, "incident", "acknowledge", "I-1")
    run(config, "label", "A-1", "defect")

    assert "label of A-1" in run(config, "incident", "undo", "I-1")
    assert "incident acknowledged of I-1" in run(config, "incident", "undo", "I-1")
    assert "Nothing was done about I-1" in run(config, "incident", "undo", "I-1", fails=True)


def test_silences_what_is_like_an_anomaly_and_ends_it(sqlite_database: Database, config: Path) -> None:
    words = ("silence", "add", "line-1", "--like", "A-1", "--minutes", "30", "--attribute", "lot=L7")
    assert run(config, *words).startswith("S-1: like A-1, lot=L7 on line-1 is silenced until ")
    (listed,) = rows(config, "silence", "list")
    table = run(config, "silence", "list")
    assert run(config, "silence", "end", "S-1") == "S-1 is over.\n"
    assert run(config, "silence", "end", "S-1") == "S-1 was over already.\n"

    assert (listed["like"], listed["attribute"], listed["value"], listed["hits"]) == ("A-1", "lot", "L7", 0)
    assert "like A-1, lot=L7" in table
    with sqlite_database.reading() as session:
        assert active_silences(session, now=datetime.now(UTC)) == []
        assert [row.action for row in session.query(AuditRow).filter_by(subject="silence-1")] == [
            "silence",
            "silence_ended",
        ]
    assert "There is no silence S-9" in run(config, "silence", "end", "9", fails=True)
    assert "'lot' is no attribute" in run(config, "silence", "add", "line-1", "--attribute", "lot", fails=True)


def test_lists_what_a_source_remembers_with_what_that_held_back(sqlite_database: Database, config: Path) -> None:
    assert "remembers nothing" in run(config, "memory", "list", "line-1")
    with sqlite_database.transaction() as session:
        now = datetime.now(UTC)
        add_label(session, 1, LabelKind.FALSE_ALARM, author="slack:U1", now=now)
        add_label(session, 2, LabelKind.DEFECT, author="slack:U1", defect_class="dent", now=now)
        hold_back(session, 2, like=1)
    found = {row["anomaly"]: row for row in rows(config, "memory", "list", "line-1")}
    table = run(config, "memory", "list", "line-1")

    assert (found["A-1"]["label"], found["A-1"]["held"], found["A-1"]["until"] is not None) == ("false_alarm", 1, True)
    assert (found["A-2"]["defect_class"], found["A-2"]["held"], found["A-2"]["until"]) == ("dent", 0, None)
    assert "for good" in table
