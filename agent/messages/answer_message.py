"""An answer in a thread, the readings to choose from where the assistant asks back, and whether it helped."""

import json
from collections.abc import Sequence
from typing import Any

from agent.messages.message import (
    BUTTON_VALUE,
    TEXT,
    Block,
    Message,
    actions,
    button,
    context,
    message,
    plain_text,
    section,
)
from agent.messages.safe_text import clean, cut, escape, safe

ASK_THIS = "ask_this_"
FEEDBACK = "feedback"
CHOICES_SHOWN = 3
READING = 300
PARAGRAPH = 2800
KEPT_QUESTION = 600
FOOTNOTE = 400
HELPFUL, NOT_HELPFUL = "+", "-"


def answer_message(
    text: str, choices: Sequence[str] = (), *, feedback: Block | None = None, footnote: str = ""
) -> Message:
    """Return an answer; its text comes from data and models, so nothing in it pages or links anybody.

    footnote: a small line under it: who answered, how long it took, what it cost.
    """
    shown = cut(escape(text.strip()), TEXT) or "I have no answer."
    if not choices and feedback is None and not footnote:
        return Message(shown)
    blocks = [section(part) for part in paragraphs(shown)]
    if footnote:
        blocks.append(context([safe(footnote, most=FOOTNOTE)]))
    if choices:
        readings = [clean(choice, most=READING) for choice in choices[:CHOICES_SHOWN]]
        buttons = [
            button(reading, action_id=f"{ASK_THIS}{number}", value=reading) for number, reading in enumerate(readings)
        ]
        blocks.append(actions(buttons))
    return message(shown, [*blocks, feedback] if feedback else blocks)


def feedback_block(question: str, tools: Sequence[str]) -> Block:
    """Return the two thumbs; each carries what was asked and which tools answered."""
    kept = {"q": cut(question, KEPT_QUESTION), "t": list(tools)[:10]}
    values = {word: _value({"v": word} | kept) for word in (HELPFUL, NOT_HELPFUL)}
    element = {
        "type": "feedback_buttons",
        "action_id": FEEDBACK,
        "positive_button": {"text": plain_text("Helpful"), "value": values[HELPFUL]},
        "negative_button": {"text": plain_text("Not helpful"), "value": values[NOT_HELPFUL]},
    }
    return {"type": "context_actions", "elements": [element]}


def _value(kept: dict[str, Any]) -> str:
    """Return what a thumb carries, less of it where it would be too long."""
    value = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    return value if len(value) <= BUTTON_VALUE else _value(kept | {"q": "", "t": []})


def without_feedback(shown: Message) -> Message:
    """Return an answer without its thumbs, for a workspace that does not know them."""
    return Message(shown.text, tuple(block for block in shown.blocks if block["type"] != "context_actions"))


def paragraphs(text: str) -> list[str]:
    """Cut a text at line ends into parts that fit into a section each; one endless line is cut anywhere."""
    parts: list[str] = []
    current = ""
    for line in text.splitlines(keepends=True):
        rest = line
        while len(current) + len(rest) > PARAGRAPH:
            if current:
                parts, current = [*parts, current], ""
                continue
            parts, rest = [*parts, rest[:PARAGRAPH]], rest[PARAGRAPH:]
        current += rest
    return [part for part in [*parts, current] if part.strip()]
