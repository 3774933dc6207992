import pytest

from agent.assistant.several import questions_in
from tests.unit.agent.assistant.conftest import Ask


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("How many anomalies yesterday? And which incidents are open?",
         ["How many anomalies yesterday?", "Which incidents are open?"]),
        ("how many anomalies today? also, is everything ok?", ["How many anomalies today?", "Is everything ok?"]),
    ],
)  # fmt: skip
def test_tells_questions_apart(text: str, parts: list[str]) -> None:
    found = questions_in(text)

    assert found == parts


@pytest.mark.parametrize(
    "text",
    [
        "how many anomalies today?",
        "how many anomalies today? and on line-2?",
        "Really? How many anomalies today?",
        "how many anomalies today? Thanks.",
        "which one is A-12?? ",
    ],
)
def test_leaves_one_question_whole(text: str) -> None:
    assert questions_in(text) == [text]


def test_answers_one_and_offers_the_other(ask: Ask) -> None:
    answer = ask("How many anomalies on line-1 last week? Which incidents are open?")

    assert answer.status == "answered"
    assert "You asked several things" in answer.text
    assert answer.choices == ("Which incidents are open?",)
    assert [tool.name for tool in answer.tools] == ["count_anomalies"]


def test_prefers_what_can_be_answered(ask: Ask) -> None:
    answer = ask("What is the weather like? How many anomalies on line-1 last week?")

    assert answer.tools
    assert answer.choices == ("What is the weather like?",)
