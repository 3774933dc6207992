"""Every question of the bank, against plain SQL: window, filters, every figure and id must be right."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.assistant.answer import Answer
from agent.assistant.assistant import Assistant
from config.settings import Settings
from storage.database import Database
from storage.migrate import migrate
from tests.evals.oracle import NOW, Oracle, window_of
from tests.evals.seeded import seeded_lines
from tests.histories import fill

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evals")


@pytest.fixture(scope="module")
def assistant(folder: Path) -> Iterator[Assistant]:
    database = Database(f"sqlite:///{folder / 'oddspot.db'}")
    migrate(database)
    fill(database, seeded_lines())
    yield Assistant(
        database,
        Settings.model_validate(
            {
                "storage": {"data_dir": str(folder)},
                "sources": {"line-1": {"path": str(folder), "time_zone": "Europe/Berlin"}},
            }
        ),
    )
    database.close()


@pytest.fixture(scope="module")
def oracle(assistant: Assistant, folder: Path) -> Oracle:
    del assistant
    return Oracle(folder / "oddspot.db")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.get("ask") or case["thread"][0]["ask"])
def test_answers_right(assistant: Assistant, oracle: Oracle, case: dict[str, Any]) -> None:
    asked = case.get("thread", [case])
    thread = asked[0]["ask"] if "thread" in case else ""
    for one in asked:
        check(assistant.ask(one["ask"], now=NOW, thread=thread), one, oracle)


def check(answer: Answer, case: dict[str, Any], oracle: Oracle) -> None:
    said = f"{case['ask']} -> {answer.text} {answer.choices}"
    if "status" in case:
        assert answer.status == case["status"], said
    window = window_of(case)
    if window is not None:
        assert answer.window is not None, said
        assert (answer.window.start, answer.window.end) == window, said
    if "facts" in case:
        found = {fact.name: fact.value for fact in answer.facts}
        expected = oracle.facts(case)
        assert {name: found.get(name) for name in expected} == expected, said
        assert answer.status == "answered", said
    if "ids" in case:
        assert list(answer.ids) == oracle.ids(case), said
    if "filters" in case or "sources" in case:
        expected_filters = case.get("filters", {"sources": case.get("sources")})
        assert expected_filters.items() <= answer.filters.items(), said
