"""What a model may use: calls, tokens, time, tools; and who answers where it uses more."""

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from agent.assistant.answer import Usage
from agent.assistant.reading.language import words_of_phrases
from agent.assistant.replies import MODEL_FAILED
from storage.database import Database
from tests.histories import NOW
from tests.servers.model import LocalModel, ModelFault
from tests.servers.model_minds import honest, restless
from tests.servers.model_wire import Reply
from tests.unit.agent.assistant.model.conftest import AssistantOf

QUESTION = "How many anomalies on line-1 yesterday?"
CALL = ("count_anomalies", {"window": "yesterday", "sources": ["line-1"]})
BUILT_IN = "2 anomalies on line-1"


def test_tells_what_a_question_used_and_cost(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.think(honest(CALL))

    answer = assistant_of(price_per_million_input=1000, price_per_million_output=2000).ask(QUESTION, now=NOW)

    assert answer.usage is not None
    assert answer.usage.model_calls == 2
    assert answer.usage.cost == pytest.approx(answer.usage.input_tokens / 1000 + answer.usage.output_tokens * 2 / 1000)
    assert answer.footnote.startswith("on line-1 · Tue 24 Mar 2026 00:00 to Wed 25 Mar 2026 00:00 (Europe/Berlin) · ")
    total = answer.usage.input_tokens + answer.usage.output_tokens
    assert f"openai:local-model · {answer.milliseconds / 1000:.1f} s · {total:,} tokens · " in answer.footnote
    assert answer.footnote.endswith(" USD")
    assert answer.as_json()["usage"]["input_tokens"] == answer.usage.input_tokens


def test_tells_no_cost_where_no_price_is_set_and_no_tokens_without_a_model(
    assistant_of: AssistantOf, model: LocalModel
) -> None:
    model.think(honest(CALL))

    asked = assistant_of().ask(QUESTION, now=NOW)
    alone = assistant_of(model=None).ask(QUESTION, now=NOW)

    assert asked.usage is not None
    assert asked.usage.cost is None
    assert asked.footnote.endswith("tokens")
    assert alone.usage is None
    assert alone.footnote.endswith(" s")
    assert "built-in reader" in alone.footnote


def test_estimates_tokens_that_the_server_does_not_tell(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.enqueue(tool_calls=[CALL])
    model.say(Reply("There were 2 anomalies on line-1.", has_usage=False))

    answer = assistant_of().ask(QUESTION, now=NOW)

    assert isinstance(answer.usage, Usage)
    assert answer.usage.is_estimated
    assert "about " in answer.footnote


def test_stops_at_the_limit_of_calls(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.think(restless(CALL))

    answer = assistant_of(max_model_calls=3).ask(QUESTION, now=NOW)

    assert len(model.requests) == 3
    assert answer.text.startswith(BUILT_IN)
    assert answer.text.endswith(MODEL_FAILED)


def test_stops_at_the_limit_of_tokens(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.think(restless(CALL))

    answer = assistant_of(max_tokens=700, max_model_calls=50).ask(QUESTION, now=NOW)

    assert len(model.requests) < 5
    assert answer.text.endswith(MODEL_FAILED)


def test_runs_no_more_tools_than_allowed_in_one_message(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.say(Reply(tool_calls=(CALL,) * 60))
    model.enqueue("There were 2 anomalies on line-1.")

    answer = assistant_of(max_tool_calls=4).ask(QUESTION, now=NOW)

    assert len(answer.tools) == 4
    told = [message["content"] for message in model.requests[-1].messages if message["role"] == "tool"]
    assert sum("No more calls" in content for content in told) == 56


def test_gives_the_table_where_the_limit_comes_while_it_corrects_itself(
    assistant_of: AssistantOf, model: LocalModel
) -> None:
    model.enqueue(tool_calls=[CALL])
    model.enqueue("There were 99 anomalies.")

    answer = assistant_of(max_model_calls=2).ask(QUESTION, now=NOW)

    assert answer.model == "openai:local-model"
    assert answer.text.startswith(BUILT_IN)
    assert "99" not in answer.text


@pytest.mark.alone
@pytest.mark.parametrize("fault", [ModelFault(stall_seconds=30), ModelFault(drip_seconds=0.2)])
def test_answers_in_time_whatever_the_server_does(
    assistant_of: AssistantOf, model: LocalModel, fault: ModelFault
) -> None:
    model.fail_next(fault, count=2)
    model.enqueue("Late, and long enough to drip for a while.")

    answer = assistant_of(time_limit_seconds=1).ask(QUESTION, now=NOW)

    assert answer.milliseconds < 2500
    assert answer.text.startswith(BUILT_IN)
    assert answer.text.endswith(MODEL_FAILED)


def test_tries_again_as_often_as_set(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.fail_next(ModelFault(status=500), count=2)
    model.think(honest(CALL))

    answer = assistant_of(retries=2).ask(QUESTION, now=NOW)

    assert answer.model == "openai:local-model"


def test_asks_the_fallback_model_before_the_built_in_reader(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.fail_next(ModelFault(status=500))
    model.think(honest(CALL))

    answer = assistant_of(fallback_model="openai:second").ask(QUESTION, now=NOW)

    assert answer.model == "openai:second"
    assert answer.text.startswith("There were 2 anomalies")
    assert [request.body["model"] for request in model.requests] == ["local-model", "second", "second"]


@pytest.mark.alone
def test_leaves_the_fallback_model_time_where_the_first_one_stalls(
    assistant_of: AssistantOf, model: LocalModel
) -> None:
    model.fail_next(ModelFault(stall_seconds=30))
    model.think(honest(CALL))

    answer = assistant_of(fallback_model="openai:second", time_limit_seconds=8).ask(QUESTION, now=NOW)

    assert answer.model == "openai:second"
    assert answer.milliseconds < 8000


def test_asks_the_built_in_reader_where_both_fail(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.down()

    answer = assistant_of(fallback_model="openai:second").ask(QUESTION, now=NOW)

    assert answer.text.startswith(BUILT_IN)
    assert answer.text.count(MODEL_FAILED) == 1


def test_reads_its_words_and_opens_its_models_before_the_first_question(assistant_of: AssistantOf) -> None:
    words_of_phrases.cache_clear()

    with capture_logs() as logs:
        assistant = assistant_of(model="nobody:knows-it")

    assert words_of_phrases.cache_info().currsize == 1
    assert [log["event"] for log in logs] == ["model_not_opened"]
    assert assistant.ask(QUESTION, now=NOW).text.startswith(BUILT_IN)


def test_gets_ready_without_a_record_to_read(assistant_of: AssistantOf, filled: Database) -> None:
    with filled.engine.begin() as connection:
        connection.execute(text("ALTER TABLE inspection RENAME TO elsewhere"))

    with capture_logs() as logs:
        assistant_of(model=None)

    assert [log["event"] for log in logs] == ["record_not_read"]
