from datetime import UTC, datetime

import pytest

from agent.assistant.answer import Answer, AnswerStatus, Usage
from agent.assistant.footnote import footnote, priced
from config.team import AssistantSettings
from storage.records import Window

WINDOW = Window(datetime(2026, 3, 23, 23, tzinfo=UTC), datetime(2026, 3, 24, 23, tzinfo=UTC), "Europe/Berlin")
SPAN = "Tue 24 Mar 2026 00:00 to Wed 25 Mar 2026 00:00 (Europe/Berlin)"


def test_says_window_filters_and_time_of_the_built_in_readers_answer() -> None:
    answer = Answer(
        "2 anomalies", AnswerStatus.ANSWERED, window=WINDOW, filters={"sources": ["line-1"]}, milliseconds=234
    )

    assert footnote(answer) == f"on line-1 · {SPAN} · built-in reader · 0.2 s"


def test_says_the_model_its_tokens_and_its_price() -> None:
    usage = Usage(2, 1000, 234, cost=0.00123, currency="EUR")
    answer = Answer("2", AnswerStatus.ANSWERED, model="openai:gpt-5-mini", milliseconds=2345, usage=usage)

    assert footnote(answer) == "openai:gpt-5-mini · 2.3 s · 1,234 tokens · 0.0012 EUR"


def test_says_about_where_tokens_are_estimated() -> None:
    usage = Usage(1, 100, 20, cost=1.5, currency="USD", is_estimated=True)

    assert footnote(Answer("2", AnswerStatus.ANSWERED, model="m", usage=usage)).endswith(
        "about 120 tokens · about 1.5000 USD"
    )


@pytest.mark.parametrize(
    ("prices", "cost"),
    [
        ({}, None),
        ({"price_per_million_input": 2.0}, 2.0),
        ({"price_per_million_output": 4.0}, 2.0),
        ({"price_per_million_input": 0.0, "price_per_million_output": 0.0}, 0.0),
    ],
)
def test_costs_what_the_settings_say(prices: dict[str, float], cost: float | None) -> None:
    usage = priced(Usage(1, 1_000_000, 500_000), AssistantSettings.model_validate(prices))

    assert usage.cost == cost
