"""The modal for what a button cannot say: class, note, and which region is meant."""

import json
from typing import Any

from agent.messages.message import Block, plain_text
from agent.messages.region_words import describe_region
from agent.messages.safe_text import clean, cut
from storage.records import Inspection, LabelKind

CALLBACK = "say_more"
KIND, CLASS, NOTE, REGION = "kind", "class", "note", "region"
TITLE = 24
CLASS_LENGTH, NOTE_LENGTH = 60, 500
KINDS = {
    LabelKind.DEFECT: "Defect",
    LabelKind.FALSE_ALARM: "False alarm",
    LabelKind.UNSURE: "Unsure",
    LabelKind.MISSED: "Missed defect",
}
CLASSES_NAMED = 8
OPTION_TEXT = 75


def details_view(inspection: Inspection, classes: tuple[str, ...]) -> dict[str, Any]:
    """Return the modal about one inspection; classes: those known at its source, most used first."""
    kind = inspection.label or LabelKind.DEFECT
    options = [_option(words, str(value)) for value, words in KINDS.items()]
    known = ", ".join(clean(name) for name in classes[:CLASSES_NAMED])
    blocks = [
        _input(KIND, "What is it?", _select("static_select", options, _option(KINDS[kind], str(kind)))),
        _input(
            CLASS, "Class of defect", _text(CLASS_LENGTH, inspection.defect_class), hint=known and f"Known: {known}"
        ),
        _input(NOTE, "Note", _text(NOTE_LENGTH, None, is_long=True)),
    ]
    if inspection.regions:
        blocks.append(_input(REGION, "Which region?", _select("static_select", _regions(inspection), None)))
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps({"inspection": inspection.id}),
        "title": plain_text(cut(f"Label {inspection.shown_id}", TITLE)),
        "submit": plain_text("Save"),
        "close": plain_text("Cancel"),
        "blocks": blocks,
    }


def _regions(inspection: Inspection) -> list[Block]:
    size = {"width": inspection.width, "height": inspection.height}
    words = [describe_region(region, **size) for region in inspection.regions]
    return [_option(text, str(number)) for number, text in enumerate(words)]


def _input(block_id: str, label: str, element: Block, *, hint: str = "") -> Block:
    block = {"type": "input", "block_id": block_id, "label": plain_text(label), "element": element}
    optional = block | {"optional": block_id != KIND}
    return optional | {"hint": plain_text(cut(hint, OPTION_TEXT * 4))} if hint else optional


def _select(kind: str, options: list[Block], chosen: Block | None) -> Block:
    element = {"type": kind, "action_id": "value", "options": options}
    return element | {"initial_option": chosen} if chosen else element


def _text(most: int, initial: str | None, *, is_long: bool = False) -> Block:
    element = {"type": "plain_text_input", "action_id": "value", "max_length": most, "multiline": is_long}
    return element | {"initial_value": clean(initial, most=most)} if initial else element


def _option(words: str, value: str) -> Block:
    return {"text": plain_text(cut(words, OPTION_TEXT)), "value": value}
