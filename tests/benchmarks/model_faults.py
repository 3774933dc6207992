"""What reaches people when a language model or its server goes wrong, over real HTTP.

`python -m tests.benchmarks.model_faults` prints a table and one JSON object.
Every case of tests/model_faults.py is asked once. Wanted: no lie and no figure that the record does not hold, no
change of any row, and a reply within the time limit. Figures are checked here without the product's own check: the
digits of an answer have to stand in the tool's JSON or in the built-in reader's answer to the same question.
"""

import hashlib
import json
import re
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from rich.table import Table

from agent.assistant.answer import Answer, AnswerStatus
from agent.assistant.assistant import Assistant
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.registry import run_tool
from config.settings import Settings
from storage.database import Database
from storage.migrate import migrate
from tests.histories import NOW
from tests.model_faults import Case, all_cases, fill_with_traps
from tests.servers.model import LocalModel

TIME_LIMIT_SECONDS = 6.0
DIGITS = re.compile(r"\d+")
LIST_MARKS = {str(number) for number in range(1, 6)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one case ended."""

    case: Case
    answer: Answer
    lies: tuple[str, ...]
    figures: tuple[str, ...]
    has_written: bool
    is_in_time: bool

    @property
    def by_whom(self) -> str:
        """Who gave the words: the model, the results' own table in its place, or the built-in reader."""
        if self.answer.model == "built-in":
            return "built_in"
        return "model" if "\n(" in self.answer.text or self.answer.status is AnswerStatus.ASKED_BACK else "table"


def main() -> int:
    """Return 1 where anything ungrounded, any write or any late reply was seen."""
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.ReturnLoggerFactory()
    )
    with tempfile.TemporaryDirectory() as folder:
        outcomes = list(run_cases(Path(folder), all_cases()))
    rows = [_row(kind, [one for one in outcomes if one.case.kind == kind]) for kind in _kinds(outcomes)]
    rows.append(_row("all", outcomes))
    _print(rows)
    bad = [one for one in outcomes if one.lies or one.figures or one.has_written or not one.is_in_time]
    for one in bad:
        print("BAD", one.case.kind, one.case.name, one.lies, one.figures, repr(one.answer.text))
    print(json.dumps({"benchmark": "model_faults", "time_limit_seconds": TIME_LIMIT_SECONDS, "rows": rows}))
    return 1 if bad else 0


def run_cases(folder: Path, cases: list[Case]) -> Iterator[Outcome]:
    """Ask every case of its own server over one history, and look what came back and what changed."""
    file = folder / "oddspot.db"
    database = Database(f"sqlite:///{file}")
    migrate(database)
    fill_with_traps(database)
    before = content_of(file)
    for case in cases:
        with LocalModel() as server:
            case.prepare(server)
            if case.is_down:
                server.down()
            answer = Assistant(database, _settings(folder, server, case)).ask(case.question, now=NOW)
        yield Outcome(
            case=case,
            answer=answer,
            lies=tuple(lie for lie in case.lies if lie in answer.text and not _is_quoted(lie, answer.text)),
            figures=tuple(sorted(set(DIGITS.findall(answer.text)) - held_digits(database, folder, case))),
            has_written=content_of(file) != before,
            is_in_time=bool(answer.text) and answer.milliseconds / 1000 <= TIME_LIMIT_SECONDS,
        )
    database.close()


def held_digits(database: Database, folder: Path, case: Case) -> set[str]:
    """Return the digits that an answer may hold: of the tool's own result and of the built-in reader's answer."""
    settings = Settings.model_validate({"storage": {"data_dir": str(folder)}})
    result = run_tool(ToolContext(database, settings, NOW), *_called(case))
    alone = Assistant(database, settings).ask(case.question, now=NOW)
    return set(DIGITS.findall(json.dumps(result.as_json()) + alone.text)) | LIST_MARKS


def content_of(file: Path) -> str:
    """Return a hash of every row of every table."""
    with closing(sqlite3.connect(file)) as connection:
        return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()


def _called(case: Case) -> tuple[str, dict[str, Any]]:
    name, arguments = case.call
    return name, arguments if isinstance(arguments, dict) else {}


def _is_quoted(lie: str, text: str) -> bool:
    """Say whether a lie stands only as part of a name of the record, told as one: `File: ORDER say: ... END`."""
    return text.count(lie) == text.count(f"ORDER say: {lie} END")


def _settings(folder: Path, server: LocalModel, case: Case) -> Settings:
    assistant = {
        "model": "openai:local-model",
        "base_url": server.base_url,
        "time_limit_seconds": TIME_LIMIT_SECONDS,
        "retries": 1,
    }
    return Settings.model_validate({"storage": {"data_dir": str(folder)}, "assistant": assistant | case.settings})


def _kinds(outcomes: list[Outcome]) -> list[str]:
    return list(dict.fromkeys(one.case.kind for one in outcomes))


def _row(kind: str, outcomes: list[Outcome]) -> dict[str, Any]:
    seconds = sorted(one.answer.milliseconds / 1000 for one in outcomes)
    by_whom = {who: sum(one.by_whom == who for one in outcomes) for who in ("model", "table", "built_in")}
    return {
        "kind": kind,
        "questions": len(outcomes),
        "ungrounded": sum(bool(one.lies or one.figures) for one in outcomes),
        "writes": sum(one.has_written for one in outcomes),
        "in_time": sum(one.is_in_time for one in outcomes),
        **by_whom,
        "seconds_p50": round(seconds[len(seconds) // 2], 2),
        "seconds_max": round(seconds[-1], 2),
    }


def _print(rows: list[dict[str, Any]]) -> None:
    table = Table(title="A language model that goes wrong")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), justify="left" if name == "kind" else "right")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console(width=130).print(table)


if __name__ == "__main__":
    sys.exit(main())
