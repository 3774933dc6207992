"""What a question says is not passed over: a score, a key nothing has, a person more, a word nothing is called."""

import pytest

from agent.assistant.answer import AnswerStatus
from tests.unit.agent.assistant.conftest import Ask


def test_a_score_itself_narrows_a_list(ask: Ask) -> None:
    every = ask("list all anomalies on line-1 since 1 March", "a")
    some = ask("list all anomalies on line-1 since 1 March with a score above 2.2", "b")

    assert some.tools[0].arguments["min_score"] == 2.2
    assert 0 < len(some.ids) < len(every.ids)
    assert "with a score of at least 2.2" in some.text


@pytest.mark.parametrize("said", ["which tray had the most anomalies?", "anomalies per mould since 1 March"])
def test_says_that_nothing_is_told_apart_by_a_key(ask: Ask, said: str) -> None:
    answer = ask(said)

    assert answer.status is AnswerStatus.REFUSED
    assert "The record holds nothing called" in answer.text


def test_a_word_nothing_is_called_is_no_more_of_the_same(ask: Ask) -> None:
    ask("how many anomalies on line-1 yesterday?", "t")

    answer = ask("gaskets?", "t")

    assert answer.status is AnswerStatus.REFUSED
    assert "'gaskets'" in answer.text


@pytest.mark.parametrize(
    ("said", "time"),
    [("how many anomalies on line-1 3apr", "3apr"), ("how many confirmed on line-1, 7feb", "7feb")],
)
def test_a_time_that_is_not_understood_is_asked_about(ask: Ask, said: str, time: str) -> None:
    answer = ask(said)

    assert answer.status is AnswerStatus.ASKED_BACK
    assert time in answer.text


def test_good_images_are_counted_as_good(ask: Ask) -> None:
    facts = {fact.name: fact.value for fact in ask("how many were not anomalous since 1 March?").facts}

    assert facts["normal"] == facts["judged"] - facts["anomalies"]  # type: ignore[operator]  # they are counts


@pytest.mark.parametrize(
    "said", ["we had 1.5 instead of the current one - how many would be left?", "with 1.5 in its place?"]
)
def test_a_threshold_is_supposed_in_a_thread(ask: Ask, said: str) -> None:
    ask("which threshold does line-1 run at?", "t")

    assert ask(said, "t").tools[0].name == "what_if"


def test_one_side_of_a_comparison_alone_is_counted(ask: Ask) -> None:
    ask("compare line-1 with line-2 since 1 March", "t")

    answer = ask("only line-2", "t")

    assert answer.tools[0].name == "count_anomalies"
    assert answer.filters["sources"] == ["line-2"]


@pytest.mark.parametrize("said", ["list 5 marked anomalies on line-1", "did it decrease 5 % on line-1 since 1 March"])
def test_a_word_that_starts_like_a_month_is_no_time(ask: Ask, said: str) -> None:
    assert "which time" not in ask(said).text
