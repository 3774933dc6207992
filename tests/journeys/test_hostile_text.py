"""Whoever names a file, a class or a lot writes on nobody's terminal: every command that shows data is tried."""

import csv
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.cli import app as agent_app
from config.printable import UNPRINTABLE
from detectors.cli import app as detectors_app
from storage.cli import app as storage_app
from storage.commands.options import now_utc
from storage.database import Database
from storage.migrate import migrate
from storage.records import LabelKind
from storage.repositories.labels import add_label
from storage.repositories.silences import add_silence
from tests.histories import fill, line
from tests.journeys.commands import oddspot

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\u2066.\r=1+1\x7f"
READING = (
    (storage_app, ("source", "list")),
    (storage_app, ("incident", "list")),
    (storage_app, ("silence", "list")),
    (storage_app, ("memory", "list", "line-1")),
    (storage_app, ("outage", "list")),
    (storage_app, ("audit", "list")),
    (storage_app, ("outbox",)),
    (storage_app, ("feedback",)),
    (storage_app, ("source", "budget")),
    (detectors_app, ("model", "list")),
    (detectors_app, ("missed", "line-1", "AT")),
    (agent_app, ("routes", "test", "A-1")),
    (agent_app, ("report", "--week")),
    (agent_app, ("ask", "show me A-1")),
    (agent_app, ("ask", "who labelled A-1?")),
    (agent_app, ("ask", "which lot was worst this week?")),
    (agent_app, ("ask", "anomalies by class this week")),
    (agent_app, ("ask", "list the last five anomalies")),
    (agent_app, ("ask", "is anything silenced?")),
)
ACTING = (
    (storage_app, ("label", f"A-1{HOSTILE}", "defect")),
    (storage_app, ("label", "import", "bad.jsonl")),
    (storage_app, ("history", "import", "bad.jsonl")),
    (storage_app, ("silence", "add", f"line{HOSTILE}")),
    (storage_app, ("silence", "end", f"S{HOSTILE}")),
    (storage_app, ("incident", "resolve", f"I{HOSTILE}")),
    (storage_app, ("source", "pause", f"line{HOSTILE}")),
    (detectors_app, ("forget", f"A{HOSTILE}", "--yes")),
    (detectors_app, ("model", "apply", f"line{HOSTILE}")),
    (agent_app, ("ask", f"anomalies of {HOSTILE}?")),
    (agent_app, ("routes", "test", f"A{HOSTILE}")),
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose record holds hostile text wherever people or files can put any."""
    now = now_utc()
    monkeypatch.chdir(tmp_path)
    settings = {"storage": {"data_dir": "data"}, "sources": {"line-1": {"path": "in"}}}
    (tmp_path / "oddspot.yaml").write_text(json.dumps(settings), encoding="utf-8")
    (tmp_path / "bad.jsonl").write_text(f'{{"source": "{HOSTILE[1:4]}", "x": 1}}\n\x1b[2J\n', encoding="utf-8")
    database = Database(f"sqlite:///{tmp_path / 'data' / 'oddspot.db'}")
    migrate(database)
    hostile: dict[str, Any] = {"path": HOSTILE, "attributes": {"lot": HOSTILE}, "defect_class": HOSTILE}
    moments = [(now - timedelta(hours=hours)).isoformat() for hours in (1, 2, 3)]
    formulas: dict[str, Any] = {"defect_class": "=HYPERLINK(1)", "attributes": {"lot": "@SUM(1)"}, "path": "+1.png"}
    lines = [line(captured_at=at, incident="one", label="defect", **hostile) for at in moments]
    ids = fill(database, [*lines, line(captured_at=moments[0], label="defect", **formulas)])
    with database.transaction() as session:
        add_label(session, ids[0], LabelKind.DEFECT, author=HOSTILE, defect_class=HOSTILE, note=HOSTILE, now=now)
        until = now + timedelta(hours=1)
        add_silence(
            session, source_id=1, until=until, author=HOSTILE, comment=HOSTILE, now=now, attribute=("lot", HOSTILE)
        )
    database.close()
    return tmp_path


def run(app: object, command: Sequence[str]) -> str:
    """Return all that a command prints."""
    at = (now_utc() - timedelta(hours=2)).isoformat()
    done = CliRunner().invoke(app, [at if word == "AT" else word for word in command])  # type: ignore[arg-type]
    return done.output


@pytest.mark.usefixtures("home")
def test_no_command_prints_what_a_terminal_would_obey() -> None:
    shown = {}
    for app, command in (*READING, *ACTING):
        shown[command] = run(app, command)
        if command not in {one for _, one in ACTING} and command[0] != "ask":
            shown[*command, "--json"] = run(app, [*command, "--json"])

    assert {command: UNPRINTABLE.findall(said) for command, said in shown.items() if UNPRINTABLE.search(said)} == {}
    assert sum("]0;owned" in said for said in shown.values()) > 8  # the text itself is shown, as text


@pytest.mark.usefixtures("home")
def test_json_keeps_what_was_written() -> None:
    (silence,) = [json.loads(one) for one in run(storage_app, ["silence", "list", "--json"]).splitlines()]
    exported = [json.loads(one) for one in run(storage_app, ["history", "export"]).splitlines()]

    assert silence["comment"] == HOSTILE
    assert exported[0]["path"] == HOSTILE


@pytest.mark.usefixtures("home")
def test_an_error_is_printed_as_text() -> None:
    done = oddspot("model", "apply", f"line{HOSTILE}", cwd=Path.cwd())

    assert done.returncode == 1
    assert not UNPRINTABLE.search(done.stderr)
    assert re.search(r"There is no detector version", done.stderr)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "question",
    ["show me A-4", "anomalies by class this week", "which lot was worst this week?", "list the last five anomalies"],
)
def test_no_table_holds_a_formula(question: str, tmp_path: Path) -> None:
    run(agent_app, ["ask", question, "--csv", str(tmp_path / "a.csv")])
    run(agent_app, ["report", "--week", "--csv", str(tmp_path / "b.csv")])

    files = list(tmp_path.glob("*.csv"))
    assert len(files) == 2
    for file in files:
        cells = [cell for row in _read(file) for cell in row]
        assert cells
        assert [cell for cell in cells if cell[:1] in set("=+-@\t\r\n") and not _is_number(cell)] == []


def _read(file: Path) -> list[list[str]]:
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
