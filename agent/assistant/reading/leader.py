"""What had the most in the answer before, spoken of as `that lot` or `the same camera`."""

import re
from collections.abc import Mapping, Sequence

from agent.assistant.reading.leaning_words import leaning_language
from agent.assistant.reading.reading import Intent, Reading, Slots
from agent.assistant.reading.shape import plural_of
from agent.assistant.tools.groups import NOTHING
from agent.assistant.tools.result import ToolResult

SHORT_VERSION = re.compile(r"(?<![\w@.-])@(\d{1,4})(?![\w:]|\.\d)")
ROWS = {"groups": "key", "sources": "source"}
# Of these the one with the most is meant; of a row of days it is not clear.
LED_BY = {"attribute", "defect_class", "source", "reviewer"}


def leader_of(reading: Reading, results: Sequence[ToolResult]) -> tuple[str, str] | None:
    """Return what leads the answer and its name, as ("lot", "L-7"); None where nothing does."""
    by = "source" if reading.intent is Intent.TOP else reading.slots.group_by
    is_ranked = reading.intent is Intent.TOP or reading.slots.order is not None
    if not results or by is None or not (by in LED_BY or (by == "day" and is_ranked)):
        return None
    data = results[0].data
    rows, key = next(((data[name], key) for name, key in ROWS.items() if data.get(name)), ([], ""))
    if not rows:
        return None
    first = rows[0] if reading.intent is Intent.TOP else _most(rows, reading.slots.order)
    name = str(first.get(key) or "")
    kind = reading.slots.attribute if by == "attribute" else by
    return (kind, name) if kind and name else None


def still_leading(leader: tuple[str, str] | None, slots: Slots) -> tuple[str, str] | None:
    """Return what led, None once another of its kind was named."""
    if leader is None:
        return None
    kind, name = leader
    named = {"source": slots.sources, "defect_class": slots.defect_classes, "reviewer": (slots.person,)}
    said = [one for one in named.get(kind, (slots.attributes.get(kind),)) if one is not None]
    return leader if not said or said == [name] else None


def names_of(slots: Slots) -> list[tuple[str, str]]:
    """Return what a question named by itself, which `that lot` means where nothing else does."""
    found = list(slots.attributes.items())
    found += [("source", name) for name in slots.sources if len(slots.sources) == 1]
    return found + [("defect_class", name) for name in slots.defect_classes if len(slots.defect_classes) == 1]


def with_leader(text: str, leader: tuple[str, str]) -> str:
    """Return a question in which `that lot` is named."""
    kind, name = leader
    words = leaning_language()
    noun = words.nouns.get(kind) or plural_of(kind)
    said = {"day": f"on {name}"}.get(kind) or (name if kind in words.nouns else f"{kind} {name}")
    pattern = words.leader.replace("{noun}", f"(?:{noun})")
    return re.sub(pattern, lambda _: said, text, flags=re.IGNORECASE)


def with_version(text: str, slots: Slots) -> str:
    """Return `only line-1@3` for `only @3`, in a thread about line-1 or its versions."""
    sources = {*slots.sources, *(name.rpartition("@")[0] for name in slots.detectors)}
    return SHORT_VERSION.sub(rf"{min(sources)}@\1", text) if len(sources) == 1 else text


def with_value(text: str, slots: Slots, values: Mapping[str, Sequence[str]]) -> str:
    """Return `frames?` as `part frame?` after a question about part brackets, where some part is a frame.

    values: each attribute's values on record.
    """
    grouped = (slots.attribute,) if slots.attribute else ()
    for key in dict.fromkeys((*slots.attributes, *(key for key, _ in slots.sides), *grouped)):
        for value in values.get(key, ()):
            pattern = leaning_language().value_alone.replace("{value}", re.escape(value))
            match = re.search(pattern, text, flags=re.IGNORECASE)
            if match is not None:
                return f"{text[: match.start('value')]}{key} {value}{text[match.end() :]}"
    return text


def _most(rows: Sequence[dict[str, object]], order: str | None) -> dict[str, object]:
    choose = min if order == "fewest" else max
    named = [row for row in rows if row.get("key") not in NOTHING.values()] or list(rows)
    return choose(named, key=lambda row: int(str(row.get("anomalies", row.get("labels", 0)))))
