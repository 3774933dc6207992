"""A proposed change with the buttons to confirm it or not, and what became of it."""

import json
from typing import Any

from agent.messages.message import Message, actions, button, context, message, section
from agent.messages.safe_text import escape

CONFIRM, CANCEL, TAKE_BACK = "proposal_confirm", "proposal_cancel", "proposal_undo"
NOTHING_YET = "Nothing changes until somebody confirms it."


def confirm_message(words: str, proposal: dict[str, Any]) -> Message:
    """Return the question with its buttons; the proposal is carried by them, and signed by Slack."""
    value = json.dumps(proposal, ensure_ascii=False, separators=(",", ":"))
    shown = escape(words)
    buttons = [
        button("Confirm", action_id=CONFIRM, value=value, style="primary"),
        button("Cancel", action_id=CANCEL, value=value),
    ]
    return message(f"{shown} {NOTHING_YET}", [section(shown), context([NOTHING_YET]), actions(buttons)])


def settled_message(words: str, outcome: str, *, undo: int | None = None) -> Message:
    """Return the question as it was answered; words come from the proposal, outcome is written by us."""
    shown = escape(words)
    blocks = [section(shown), context([outcome])]
    if undo is not None:
        blocks.append(actions([button("Undo", action_id=TAKE_BACK, value=f"{undo}:{words}")]))
    return message(f"{shown} {outcome}", blocks)
