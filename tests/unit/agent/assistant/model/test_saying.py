"""What a model's words are turned into before anybody sees them."""

import pytest
from langchain_core.messages import AIMessage

from agent.assistant.model.saying import asks_back, is_cut_short, text_of
from tests.histories import NOW
from tests.servers.model import LocalModel, ModelFault
from tests.servers.model_wire import Reply
from tests.unit.agent.assistant.model.conftest import AssistantOf

QUESTION = "How many anomalies on line-1 yesterday?"
CALL = ("count_anomalies", {"window": "yesterday", "sources": ["line-1"]})
TRUE = "There were 2 anomalies on line-1 yesterday."


def test_leaves_out_thoughts_and_signs_that_steer_a_terminal() -> None:
    said = "<think>99 anomalies?</think>\x1b[31mThere\u202e were 2.\x07\nYes."

    assert text_of(AIMessage(said)) == "[31mThere were 2.\nYes."
    assert text_of(AIMessage("<think>never done")) == ""


def test_knows_an_answer_that_was_cut_off(assistant_of: AssistantOf, model: LocalModel) -> None:
    model.enqueue(tool_calls=[CALL])
    model.say(Reply("There were 2", is_cut_short=True))
    model.enqueue(TRUE)

    answer = assistant_of().ask(QUESTION, now=NOW)

    assert answer.text.startswith(TRUE)
    assert "cut off" in model.requests[-1].messages[-1]["content"]
    assert is_cut_short(AIMessage("x", response_metadata={"stop_reason": "max_tokens"}))


@pytest.mark.parametrize("arguments", ["not json", '{"window": ', "[]", '"yesterday"', "null"])
def test_survives_arguments_that_are_no_object(assistant_of: AssistantOf, model: LocalModel, arguments: str) -> None:
    model.say(Reply(tool_calls=(("count_anomalies", arguments), CALL)))
    model.say(Reply(tool_calls=(("count_anomalies", arguments),)))
    model.enqueue(tool_calls=[CALL])
    model.enqueue(TRUE)

    answer = assistant_of().ask(QUESTION, now=NOW)

    assert answer.text.startswith((TRUE, "2 anomalies on line-1"))
    assert all(request.body.get("messages") for request in model.requests)


@pytest.mark.parametrize("body", ["", "no json", "[]", "{}", '{"choices": []}', "null", '{"choices": [{}]}'])
def test_answers_from_the_record_where_the_server_talks_nonsense(
    assistant_of: AssistantOf, model: LocalModel, body: str
) -> None:
    model.fail_next(ModelFault(body=body), count=2)

    answer = assistant_of().ask(QUESTION, now=NOW)

    assert answer.text.startswith("2 anomalies on line-1")


@pytest.mark.parametrize(
    ("said", "is_question"),
    [
        ("Which source do you mean?", True),
        ("Do you mean yesterday?", True),
        ("Everything is fine, ok?", False),
        ("All is well. Anything else?", False),
        ("There were many, right?", False),
    ],
)
def test_tells_a_question_back_from_a_claim(said: str, is_question: bool) -> None:  # noqa: FBT001 - a case of the test
    assert asks_back(said) is is_question


def test_asks_back_in_the_models_words_only_where_they_claim_nothing(
    assistant_of: AssistantOf, model: LocalModel
) -> None:
    model.enqueue("Which source do you mean?")
    asked = assistant_of().ask(QUESTION, now=NOW)
    model.enqueue("Do you mean the 99 anomalies?")
    model.enqueue("Did you see the 99 anomalies?")
    claimed = assistant_of().ask(QUESTION, now=NOW)

    assert (asked.text, asked.status) == ("Which source do you mean?", "asked_back")
    assert claimed.text.startswith("2 anomalies on line-1")
