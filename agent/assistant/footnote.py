"""The line under an answer: which window and filters it holds for, who gave it, how long it took, what it cost."""

from dataclasses import replace

from agent.assistant.answer import BUILT_IN, Answer, Usage
from agent.assistant.answers.phrases import number, span, where
from config.team import AssistantSettings

MILLION = 1_000_000
ABOUT = "about "


def footnote(answer: Answer) -> str:
    """Return the line, as `on line-1 · Tue 24 Mar 2026 00:00 to ... · openai:gpt-5-mini · 2.3 s · 1,234 tokens`."""
    parts = [] if answer.window is None else [*where(answer.filters), span(answer.window)]
    parts += ["built-in reader" if answer.model == BUILT_IN else answer.model, f"{answer.milliseconds / 1000:.1f} s"]
    return " · ".join([*parts, *_used(answer.usage)])


def priced(usage: Usage, settings: AssistantSettings) -> Usage:
    """Return a usage with what it cost; without it where no price is set."""
    prices = (settings.price_per_million_input, settings.price_per_million_output)
    if prices == (None, None):
        return usage
    cost = (usage.input_tokens * (prices[0] or 0) + usage.output_tokens * (prices[1] or 0)) / MILLION
    return replace(usage, cost=cost, currency=settings.currency)


def _used(usage: Usage | None) -> list[str]:
    if usage is None or not usage.model_calls:
        return []
    about = ABOUT if usage.is_estimated else ""
    tokens = [f"{about}{number(usage.input_tokens + usage.output_tokens)} tokens"]
    return tokens if usage.cost is None else [*tokens, f"{about}{usage.cost:.4f} {usage.currency}"]
