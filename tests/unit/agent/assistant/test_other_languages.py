import re
from pathlib import Path

import pytest

from agent.assistant.other_languages import answer_to_other_language

EVALS = Path(__file__).parents[3] / "evals" / "questions.yaml"


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("Wie viele Anomalien gab es gestern auf line-1?", "Ich verstehe leider nur Englisch."),
        ("Combien d'anomalies hier sur line-1 ?", "Désolé"),
        ("¿Cuántas anomalías hubo ayer?", "Lo siento"),
        ("Quante anomalie ieri?", "Mi dispiace"),
        ("Hoeveel afwijkingen waren er gisteren?", "Sorry, ik"),
        ("Quantas anomalias houve ontem?", "Desculpe"),
        ("Ile anomalii było wczoraj?", "Przepraszam"),
        ("昨日の異常はいくつですか", "I read English only"),
        ("сколько аномалий вчера?", "I read English only"),
    ],
)
def test_says_in_their_own_words_that_it_reads_english(text: str, start: str) -> None:
    said = answer_to_other_language(text)

    assert said is not None
    assert said.startswith(start)
    assert said.endswith("How many anomalies were there yesterday?")


@pytest.mark.parametrize(
    "text",
    [
        "show A-12",
        "line-1?",
        "and yesterday?",
        "worst on la-linea",
        "only line 2",
        "lot L7",
        "das-1 today",
        "As a rate, no more than as many",
    ],
)
def test_leaves_english_alone(text: str) -> None:
    assert answer_to_other_language(text) is None


def test_leaves_every_question_of_the_bank_alone() -> None:
    texts = re.findall(r'ask: "([^"]+)"', EVALS.read_text(encoding="utf-8"))

    assert len(texts) > 20
    assert [text for text in texts if answer_to_other_language(text) is not None] == []
