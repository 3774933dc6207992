from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from tests.servers.model import LocalModel, ModelFault
from tests.servers.model_wire import Reply


@tool
def count_anomalies(source: str) -> int:
    """Count the anomalies of a source."""
    return len(source)


@pytest.fixture
def model() -> Iterator[LocalModel]:
    with LocalModel() as server:
        yield server


def chat(server: LocalModel, **values: Any) -> ChatOpenAI:
    given = {"model": "local-model", "base_url": server.base_url, "api_key": "test", "max_retries": 0, "timeout": 5}
    return ChatOpenAI(**(given | values))


@pytest.mark.parametrize("streaming", [False, True])
def test_says_what_was_enqueued(model: LocalModel, streaming: bool) -> None:  # noqa: FBT001 - a case of the test
    model.enqueue("Three anomalies on line-1 since yesterday.")

    answer = chat(model, streaming=streaming).invoke("how many?")

    assert answer.content == "Three anomalies on line-1 since yesterday."
    assert model.requests[0].messages[-1] == {"role": "user", "content": "how many?"}
    assert model.is_spent


@pytest.mark.parametrize("streaming", [False, True])
def test_calls_tools_with_arguments_and_with_malformed_ones(
    model: LocalModel,
    streaming: bool,  # noqa: FBT001 - a case of the test
) -> None:
    model.enqueue(tool_calls=[("count_anomalies", {"source": "line-1"}), ("count_anomalies", "source=line-1")])

    answer = chat(model, streaming=streaming).bind_tools([count_anomalies]).invoke("how many?")

    assert isinstance(answer, AIMessage)
    assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("count_anomalies", {"source": "line-1"})]
    assert answer.invalid_tool_calls[0]["args"] == "source=line-1"
    assert model.requests[0].body["tools"][0]["function"]["name"] == "count_anomalies"


def test_lets_a_program_answer() -> None:
    def answer(body: dict[str, Any]) -> Reply:
        return Reply(f"{len(body['messages'])} messages")

    with LocalModel(answer) as programmed:
        assert chat(programmed).invoke("how many?").content == "1 messages"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (ModelFault(status=429, retry_after=1), openai.RateLimitError),
        (ModelFault(status=500), openai.InternalServerError),
        (ModelFault(is_cut=True), openai.APIConnectionError),
        (ModelFault(is_truncated=True), openai.APIConnectionError),
    ],
)
def test_fails_as_told_and_recovers(model: LocalModel, fault: ModelFault, error: type[Exception]) -> None:
    model.fail_next(fault)
    model.enqueue("first")
    model.enqueue("second")

    with pytest.raises(error):
        chat(model).invoke("how many?")

    assert chat(model).invoke("how many?").content in {"first", "second"}


def test_ends_a_stream_in_the_middle(model: LocalModel) -> None:
    model.fail_next(ModelFault(is_truncated=True))
    model.enqueue("a long answer " * 20)

    with pytest.raises((openai.APIConnectionError, httpx.RemoteProtocolError, httpx.ReadError)):
        chat(model, streaming=True).invoke("how many?")


def test_stalls_longer_than_the_client_waits(model: LocalModel) -> None:
    model.fail_next(ModelFault(stall_seconds=3))
    model.enqueue("late")

    with pytest.raises(openai.APITimeoutError):
        chat(model, timeout=0.2).invoke("how many?")


def test_refuses_what_nobody_scripted(model: LocalModel) -> None:
    with pytest.raises(openai.BadRequestError, match="nothing is scripted"):
        chat(model).invoke("how many?")


def test_checks_the_key_when_told_to() -> None:
    with LocalModel(api_key="right") as model, pytest.raises(openai.AuthenticationError):
        chat(model).invoke("how many?")


def test_lists_its_model(model: LocalModel) -> None:
    assert httpx.get(f"{model.base_url}/models").json()["data"][0]["id"] == "local-model"


def test_shows_that_some_names_make_the_client_leave_chat_completions(model: LocalModel) -> None:
    with pytest.raises(openai.NotFoundError):
        chat(model, model="gpt-6-astra").bind_tools([count_anomalies]).invoke("how many?")
    model.enqueue("three")
    chat(model, model="gpt-6-astra", use_responses_api=False).bind_tools([count_anomalies]).invoke("how many?")

    assert [request.path for request in model.requests] == ["/v1/responses", "/v1/chat/completions"]
