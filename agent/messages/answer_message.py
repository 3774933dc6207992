"""An answer in a thread, and the readings to choose from where the assistant asks back."""

from collections.abc import Sequence

from agent.messages.message import TEXT, Message, actions, button, message, section
from agent.messages.safe_text import clean, cut, escape

ASK_THIS = "ask_this_"
CHOICES_SHOWN = 3
READING = 300


def answer_message(text: str, choices: Sequence[str] = ()) -> Message:
    """Return an answer; its text comes from data and models, so nothing in it pages or links anybody."""
    shown = cut(escape(text.strip()), TEXT) or "I have no answer."
    if not choices:
        return Message(shown)
    buttons = [
        button(reading, action_id=f"{ASK_THIS}{number}", value=reading)
        for number, reading in enumerate(clean(choice, most=READING) for choice in choices[:CHOICES_SHOWN])
    ]
    return message(shown, [section(shown), actions(buttons)])
