"""A message: its text, which is always there, its blocks, and Slack's documented limits on both."""

from dataclasses import dataclass, replace
from typing import Any

from agent.messages.safe_text import cut

Block = dict[str, Any]

TEXT = 4000
BLOCKS = 50
SECTION = 2800
FIELDS = 10
FIELD = 2000
HEADER = 150
CONTEXT_ELEMENTS = 10
ACTIONS = 25
BUTTON_TEXT = 75
BUTTON_VALUE = 2000
OPTION_VALUE = 150
OVERFLOW_OPTIONS = 5
ALT_TEXT = 2000
IDENTIFIER = 255


@dataclass(frozen=True, slots=True)
class Message:
    """What stands in a channel; without blocks it is plain text."""

    text: str
    blocks: tuple[Block, ...] = ()

    def as_plain_text(self) -> "Message":
        """Return the same without blocks, for a channel that refuses them."""
        return replace(self, blocks=())


def section(text: str, *, block_id: str | None = None) -> Block:
    """Return a paragraph of mrkdwn."""
    return _named({"type": "section", "text": mrkdwn(cut(text, SECTION))}, block_id)


def fields(texts: list[str], *, block_id: str | None = None) -> Block:
    """Return short texts in two columns."""
    return _named({"type": "section", "fields": [mrkdwn(cut(text, FIELD)) for text in texts[:FIELDS]]}, block_id)


def header(text: str, *, block_id: str | None = None) -> Block:
    """Return a headline of plain text."""
    return _named({"type": "header", "text": plain_text(cut(text, HEADER))}, block_id)


def context(texts: list[str], *, block_id: str | None = None) -> Block:
    """Return small grey lines."""
    elements = [mrkdwn(cut(text, SECTION)) for text in texts[:CONTEXT_ELEMENTS]]
    return _named({"type": "context", "elements": elements}, block_id)


def actions(buttons: list[Block], *, block_id: str | None = None) -> Block:
    """Return a row of buttons."""
    return _named({"type": "actions", "elements": buttons[:ACTIONS]}, block_id)


def button(label: str, *, action_id: str, value: str, style: str | None = None) -> Block:
    """Return a button; its value carries ids only, and one too long is an error of ours."""
    if len(value) > BUTTON_VALUE or len(action_id) > IDENTIFIER:
        message = f"the value or id of the button {action_id[:40]!r} is too long"
        raise ValueError(message)
    made: Block = {"type": "button", "text": plain_text(cut(label, BUTTON_TEXT)), "action_id": action_id}
    return made | {"value": value} | ({"style": style} if style else {})


def overflow(options: list[tuple[str, str]], *, action_id: str) -> Block:
    """Return a menu of up to five (label, value)."""
    shown = [
        {"text": plain_text(cut(label, BUTTON_TEXT)), "value": cut(value, OPTION_VALUE)} for label, value in options
    ]
    return {"type": "overflow", "action_id": action_id, "options": shown[:OVERFLOW_OPTIONS]}


def picture(file: str, *, alt_text: str, title: str, block_id: str | None = None) -> Block:
    """Return an uploaded picture with its alt text."""
    block = {"type": "image", "slack_file": {"id": file}, "alt_text": cut(alt_text, ALT_TEXT)}
    return _named(block | {"title": plain_text(cut(title, HEADER))}, block_id)


def message(text: str, blocks: list[Block]) -> Message:
    """Return a message within the limits of its text and number of blocks; the last block is kept, it acts."""
    if len(blocks) > BLOCKS:
        blocks = [*blocks[: BLOCKS - 1], blocks[-1]]
    return Message(cut(text, TEXT), tuple(blocks))


def mrkdwn(text: str) -> Block:
    """Return mrkdwn that links nothing by itself: a file called evil.example stays text."""
    return {"type": "mrkdwn", "text": text or " ", "verbatim": True}


def plain_text(text: str) -> Block:
    """Return text without any formatting."""
    return {"type": "plain_text", "text": text or " ", "emoji": False}


def _named(block: Block, block_id: str | None) -> Block:
    return block | {"block_id": cut(block_id, IDENTIFIER)} if block_id else block
