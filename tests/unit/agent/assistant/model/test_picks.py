"""The mode for small models: they pick what is wanted, and nothing they say is told."""

import json

import pytest

from agent.assistant.model.picks import EXAMPLES_EACH, instructions, reading_of
from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.reader import Looked, look
from agent.assistant.reading.reading import Intent
from agent.assistant.replies import MODEL_FAILED
from agent.assistant.tools.context import ToolContext
from config.settings import Settings
from storage.database import Database
from tests.histories import NOW
from tests.servers.model import LocalModel, ModelFault
from tests.servers.model_minds import picking
from tests.unit.agent.assistant.model.conftest import AssistantOf

SURE = "How many anomalies on line-1 yesterday?"
UNSURE = "work line-1 yesterday"


def looked_at(text: str, database: Database) -> Looked:
    return look(text, ToolContext(database, Settings(), NOW), KnownNames(("line-1", "line-2")))


def test_answers_what_the_model_picked_in_our_own_words(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.think(picking("count"))

    answer = assistant_of(mode="picks").ask(UNSURE, now=NOW)

    assert answer.status == "answered"
    assert answer.text.startswith("2 anomalies on line-1")
    assert answer.filters == {"sources": ["line-1"]}
    assert answer.model == "openai:local-model"
    assert answer.usage is not None
    assert answer.usage.model_calls == 1


def test_lets_the_model_say_nothing_but_one_of_a_list(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.think(picking("count"))

    assistant_of(mode="picks").ask(UNSURE, now=NOW)

    [request] = model.requests
    schema = request.body["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert set(schema["schema"]["properties"]["intent"]["enum"]) == {str(intent) for intent in Intent}
    assert "tools" not in request.body
    assert request.messages[-1]["content"] == "work qsource qwindow"


def test_does_not_ask_where_both_readers_agree(assistant_of: AssistantOf, model: LocalModel) -> None:
    answer = assistant_of(mode="picks").ask(SURE, now=NOW)

    assert model.requests == []
    assert answer.model == "built-in"
    assert answer.text.startswith("2 anomalies on line-1")


def test_goes_on_in_a_thread_from_what_was_picked(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.think(picking("count"))
    assistant = assistant_of(mode="picks")

    assistant.ask(UNSURE, now=NOW, thread="t")
    answer = assistant.ask("and on line-2?", now=NOW, thread="t")

    assert answer.filters == {"sources": ["line-2"]}
    assert answer.text.startswith("1 anomaly on line-2")


@pytest.mark.parametrize(
    "said", ["", "count", "{}", "[]", '{"intent": "delete"}', '{"intent": 7}', '{"intent": "detail"}', "99 anomalies"]
)
def test_asks_back_where_the_pick_fits_nothing(assistant_of: AssistantOf, model: LocalModel, said: str) -> None:
    model.enqueue(said)

    answer = assistant_of(mode="picks").ask(UNSURE, now=NOW)

    assert answer.status == "asked_back"
    assert answer.model == "built-in"
    assert MODEL_FAILED not in answer.text
    assert "99" not in answer.text


@pytest.mark.alone
@pytest.mark.parametrize("fault", [ModelFault(status=500), ModelFault(stall_seconds=30), ModelFault(drip_seconds=0.3)])
def test_asks_back_and_says_so_once_where_the_model_fails(
    assistant_of: AssistantOf, model: LocalModel, fault: ModelFault
) -> None:
    model.think(picking("count"))
    model.fail_next(fault, count=2)
    assistant = assistant_of(mode="picks", pick_seconds=0.5)

    first = assistant.ask(UNSURE, now=NOW, thread="t")
    second = assistant.ask("line-2 yesterday", now=NOW, thread="t")

    assert first.status == "asked_back"
    assert first.text.endswith(MODEL_FAILED)
    assert first.milliseconds < 2000
    assert MODEL_FAILED not in second.text


def test_takes_no_pick_for_a_change(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.think(picking("count"))

    answer = assistant_of(mode="picks").ask("acknowledge I-1", now=NOW)

    assert answer.status == "refused"
    assert model.requests == []


def test_gives_the_model_questions_of_every_kind() -> None:
    lines = instructions().splitlines()[1:]

    picked = {json.loads(line.split(" -> ")[1])["intent"] for line in lines}
    assert picked >= {str(intent) for intent in Intent}
    assert len(lines) <= EXAMPLES_EACH * len(Intent)


def test_counts_a_pick_only_as_a_third_voice(filled: Database) -> None:
    looked = looked_at(UNSURE, filled)

    assert reading_of('{"intent": "count"}', looked) is not None
    assert reading_of('<think>maybe</think>{"intent": "unknown"}', looked) is not None
    assert reading_of('{"intent": "compare"}', looked) is None
