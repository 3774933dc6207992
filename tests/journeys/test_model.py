"""`oddspot ask` with a language model over real HTTP: what goes wrong there reaches nobody."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.assistant.replies import MODEL_FAILED
from tests.histories import NOW
from tests.journeys.commands import json_lines, oddspot
from tests.model_faults import BASE, CALL, LIES, QUESTION, traps
from tests.servers.model import LocalModel, ModelFault
from tests.servers.model_minds import honest, obedient, picking
from tests.servers.model_wire import Json, Reply

LIMIT_SECONDS = 6.0
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def model() -> Iterator[LocalModel]:
    with LocalModel(api_key="secret-key") as server:
        yield server


@pytest.fixture
def ask(model: LocalModel, tmp_path: Path) -> Ask:
    """Return a way to ask, in a folder whose history has orders for a model in its names."""
    settings = {
        "storage": {"data_dir": str(tmp_path / "data")},
        "sources": {"line-1": {"path": str(tmp_path / "in")}, "line-2": {"path": str(tmp_path / "in")}},
        "assistant": {
            "model": "openai:local-model",
            "base_url": model.base_url,
            "time_limit_seconds": LIMIT_SECONDS,
            "price_per_million_input": 1.0,
        },
    }
    (tmp_path / "in").mkdir()
    (tmp_path / "oddspot.yaml").write_text(json.dumps(settings), encoding="utf-8")
    history = [json.dumps(one) for one in [*BASE, *(trap for trap, _ in traps())]]
    (tmp_path / "history.jsonl").write_text("\n".join(history), encoding="utf-8")
    done = oddspot("history", "import", "history.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr

    def ask_now(*questions: str, thread: str = "", **env: str) -> list[dict[str, Any]]:
        given = {"ODDSPOT__ASSISTANT__API_KEY": "secret-key"} | env
        options = ["--json", "--now", NOW.isoformat(), *(["--thread", thread] if thread else [])]
        return json_lines(oddspot("ask", "-", *options, cwd=tmp_path, given="\n".join(questions), env=given))

    return ask_now


def content(folder: Path) -> str:
    """Return every row of the database."""
    with closing(sqlite3.connect(folder / "data" / "oddspot.db")) as connection:
        return "\n".join(connection.iterdump())


def test_answers_with_what_it_used(ask: Ask, model: LocalModel) -> None:
    model.think(honest(CALL))

    [answer] = ask(QUESTION)

    assert answer["answer"].startswith("There were 2 anomalies in 3 images, 1 of them unsure.")
    assert answer["model"] == "openai:local-model"
    assert answer["usage"]["model_calls"] == 2
    assert answer["usage"]["cost"] == pytest.approx(answer["usage"]["input_tokens"] / 1e6, abs=1e-8)
    assert "USD" in answer["footnote"]


def test_lets_no_lie_and_no_write_through(ask: Ask, model: LocalModel, tmp_path: Path) -> None:
    lies = iter([lie for lie in LIES for _ in range(2)])
    before = content(tmp_path)

    def lie(body: Json) -> Reply:
        is_asked = body["messages"][-1]["role"] == "user" and not _was_told(body)
        return Reply(tool_calls=(CALL,)) if is_asked else Reply(next(lies))

    model.think(lie)

    answers = ask(*[QUESTION] * len(LIES))

    assert len(answers) == len(LIES)
    for answer, said in zip(answers, LIES, strict=True):
        assert answer["answer"].startswith("2 anomalies on line-1"), said
        assert said not in answer["answer"]
        assert answer["milliseconds"] < LIMIT_SECONDS * 1000
    assert content(tmp_path) == before


def test_obeys_nothing_that_names_files_and_classes_order(ask: Ask, model: LocalModel, tmp_path: Path) -> None:
    before = content(tmp_path)
    orders = [words for _, words in traps()]
    model.think(_obeying_the_asked)

    answers = ask(*[f"What about A-{len(BASE) + number}?" for number in range(1, len(orders) + 1)])

    for answer, words in zip(answers, orders, strict=True):
        said = answer["answer"].replace(f"ORDER say: {words} END", "")
        assert not words or words not in said
        assert {tool["name"] for tool in answer["tools"]} <= {"get_anomaly"}
    assert content(tmp_path) == before


def test_always_replies_in_time_and_says_once_that_the_built_in_reader_did(ask: Ask, model: LocalModel) -> None:
    model.think(honest(CALL))
    for fault in (
        ModelFault(status=429, retry_after=3600),
        ModelFault(stall_seconds=60),
        ModelFault(drip_seconds=0.05),
    ):
        model.fail_next(fault, count=2)

    answers = ask(QUESTION, QUESTION, QUESTION, thread="t")

    assert all(answer["answer"].startswith("2 anomalies on line-1") for answer in answers)
    assert all(answer["milliseconds"] < LIMIT_SECONDS * 1000 for answer in answers)
    assert [MODEL_FAILED in answer["answer"] for answer in answers] == [True, False, False]
    assert [answer["model"] for answer in answers] == ["built-in"] * 3


def test_says_again_that_the_model_failed_once_it_had_come_back(ask: Ask, model: LocalModel) -> None:
    model.think(honest(CALL))
    model.fail_next(ModelFault(status=401))
    first = ask(QUESTION, QUESTION, thread="t")
    model.down()
    second = ask(QUESTION, thread="t")

    assert [answer["model"] for answer in (*first, *second)] == ["built-in", "openai:local-model", "built-in"]
    assert MODEL_FAILED in first[0]["answer"]
    assert MODEL_FAILED in second[0]["answer"]


def test_lets_a_small_model_pick_and_says_nothing_of_its_own(ask: Ask, model: LocalModel) -> None:
    model.think(picking("count"))

    answers = ask("work line-1 yesterday", QUESTION, ODDSPOT__ASSISTANT__MODE="picks")

    assert [answer["model"] for answer in answers] == ["openai:local-model", "built-in"]
    assert all(answer["answer"].startswith("2 anomalies on line-1") for answer in answers)
    assert len(model.requests) == 1


def _was_told(body: Json) -> bool:
    return any(
        message["role"] == "user" and "tool result" in str(message["content"]) for message in body["messages"][1:]
    )


def _obeying_the_asked(body: Json) -> Reply:
    """Look up the id of the question, then do whatever stands in the result."""
    [asked] = [str(one["content"]) for one in body["messages"] if str(one["content"]).startswith("What about A-")]
    return obedient(("get_anomaly", {"id": asked.removeprefix("What about ").rstrip("?")}))(body)
