"""From what the readers think likely to whole readings, each with its chance, likeliest first."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

from agent.assistant.reading.language import slot_language
from agent.assistant.reading.learned import NONE, SHAPED_BY, Guess
from agent.assistant.reading.plan import calls_of
from agent.assistant.reading.reader import Looked, shaped
from agent.assistant.reading.reading import NO_TOOL, Intent, Reading, Slots

DECIMAL = re.compile(r"(?<![\w.-])\d+\.\d+(?![\w.])")
# How likely a reading has to be to be answered at once: else the likeliest are offered. Of the first questions of four
# blind halves 14 of the 24 read with less were read wrongly, of the 350 read with more 50.
SURE = 0.6
# How likely a reading has to be where what is wanted is surer than what shapes it.
LEANING, SURE_OF_KIND = 0.4, 0.7
# A number and the list it counts are told together where either may be meant.
TOGETHER = {Intent.COUNT, Intent.LIST}
# What happened somewhere tells how many there were.
TOLD_BY_ONE = {Intent.COUNT, Intent.SUMMARY}
# Either tells what was judged and flagged.
TOLD_ALIKE = {Intent.REPORT, Intent.SUMMARY}
LEAST = 0.02
# How likely it has to be that something is to be done where no cue says so.
CERTAIN = 0.8
MOST_EACH = 3
PAIR = 2
# What can be told of one person; counts of one person's are of the labels that person gave.
OF_PEOPLE = {Intent.LABELS, Intent.CHANGES, Intent.INCIDENTS, Intent.COUNT, Intent.GROUP, Intent.TOP}
LABELS = {
    "confirmed": "defect",
    "false_alarms": "false_alarm",
    "unsure": "unsure",
    "unlabelled": "unlabelled",
    "missed": "missed",
}
FILTERED = {"confirmed", "false_alarms", "unsure", "unlabelled"}
STATES = {"open": ("open", "acknowledged"), "unacknowledged": ("open",), "ended": ("resolved",)}
Shape = dict[str, str]


def decide(looked: Looked) -> list[tuple[Reading, float]]:
    """Return the readings a question may have, likeliest first; those that call the same tools alike are one.

    The chances sum to 1 over the readings that fit what the question names, and a change that no cue speaks of.
    """
    found: dict[str, tuple[Reading, float]] = {}
    held_back = 0.0
    for intent, chance in looked.guess.intents.items():
        if intent is Intent.CHANGE and looked.by_cues is not Intent.CHANGE and chance < CERTAIN:
            held_back = chance  # it is no answer, and what else may be meant is no surer for it
            continue
        if chance < LEAST or not fits(intent, looked.slots) or not _is_compared(intent, looked):
            continue
        for shape, share in likely_shapes(intent, looked.guess):
            if intent is Intent.GROUP and looked.slots.group_by and shape.get("group") == NONE:
                continue  # what is told apart by rule and by reader is not told as one
            slots = replace(looked.slots, attribute=looked.slots.attribute or looked.shape.key)
            reading = shaped(intent, _with_threshold(intent, with_shape(slots, shape), looked))
            key = _key(reading)
            first, so_far = found.get(key, (reading, 0.0))
            found[key] = (first, so_far + chance * share)
    total = sum(chance for _, chance in found.values()) + held_back or 1.0
    ranked = sorted(found.values(), key=lambda pair: -pair[1])
    return [(reading, chance / total) for reading, chance in ranked]


def sure_of(readings: list[tuple[Reading, float]]) -> tuple[Reading, ...]:
    """Return the reading to answer, two that can be told together, or none where it has to be asked back."""
    if not readings:
        return ()
    (first, chance), *others = readings
    if chance >= SURE:
        return (first,)
    alike = sum(its for reading, its in others if reading.intent is first.intent)
    if chance >= LEANING and chance + alike >= SURE_OF_KIND:
        return (first,)
    second, its_chance = others[0] if others else (first, 0.0)
    return _told_together(first, second) if chance + its_chance >= SURE else ()


def _told_together(first: Reading, second: Reading) -> tuple[Reading, ...]:
    """Return what to tell where either of the two likeliest may be meant, none where one would hide the other."""
    pair = {first.intent, second.intent}
    if pair == TOLD_ALIKE:
        return (first,)
    if pair == TOGETHER:
        return (first, second)
    if pair == TOLD_BY_ONE and first.slots.figure is None:
        return (first if first.intent is Intent.SUMMARY else second,)
    return ()


def fits(intent: Intent, slots: Slots) -> bool:
    """Say whether a question names what an intent needs."""
    if intent in {Intent.DETAIL, Intent.SIMILAR}:
        return bool(slots.ids)
    if intent is Intent.INCIDENT:
        return slots.incident is not None
    if slots.person is not None and intent not in OF_PEOPLE | NO_TOOL:
        return False
    pairs = (slots.windows, slots.sources, slots.detectors, slots.defect_classes, slots.sides)
    return intent is not Intent.COMPARE or max(map(len, pairs)) >= PAIR


def _is_compared(intent: Intent, looked: Looked) -> bool:
    """Whether two things are held against each other: `together` are not, nor `on 3 march ... since 5 march`."""
    firm = looked.slots.firm
    words, text = slot_language(), looked.question.text
    if intent is Intent.COMPARE and words.together.search(text) and not words.comparing.search(text):
        return False
    if intent is not Intent.COMPARE or len(firm) != PAIR or firm[0] == firm[1]:
        return True
    return words.comparing.search(text) is not None


def _with_threshold(intent: Intent, slots: Slots, looked: Looked) -> Slots:
    """Take a number with a point that nothing else has taken for the threshold that is asked about."""
    if intent is not Intent.WHAT_IF or slots.threshold is not None:
        return slots
    numbers = DECIMAL.findall(looked.question.left())
    return replace(slots, threshold=float(numbers[0])) if len(numbers) == 1 else slots


def _key(reading: Reading) -> str:
    if reading.intent in NO_TOOL:
        return str(reading.intent)
    return json.dumps(calls_of(reading), sort_keys=True, default=str)


def likely_shapes(intent: Intent, guess: Guess) -> Iterator[tuple[Shape, float]]:
    """Yield the likely words of what shapes an intent, with the chance of all of them together."""
    heads = [name for name, intents in SHAPED_BY.items() if intent in intents and name in guess.shapes]
    ranked = [
        [(word, chance) for word, chance in guess.shapes[name].items() if chance >= LEAST][:MOST_EACH] for name in heads
    ]
    for words in product(*ranked):
        chance = 1.0
        for _, one in words:
            chance *= one
        yield dict(zip(heads, (word for word, _ in words), strict=True)), chance


def with_shape(slots: Slots, shape: Shape) -> Slots:
    """Put what was learned of a question's shape over what the rules read; names and numbers stay."""
    changed: dict[str, Any] = {}
    if "figure" in shape:
        changed |= _figure(slots, shape["figure"])
    if "without" in shape:
        figure = changed.get("figure", slots.figure)
        is_none = shape["without"] == figure or (shape["without"] == NONE and not slots.excluded_labels)
        said: tuple[str, ...] = () if shape["without"] == NONE else (LABELS[shape["without"]],)
        said = slots.excluded_labels if {*said} <= {*slots.excluded_labels} else said
        changed["excluded_labels"] = () if is_none else said
    if "group" in shape:
        changed |= _group(slots, shape["group"])
    if "order" in shape:
        changed["order"] = None if shape["order"] == NONE else _order(shape["order"])
    if "states" in shape:
        changed["states"] = _states(slots, shape["states"])
    return replace(slots, **changed)


def _figure(slots: Slots, word: str) -> dict[str, Any]:
    figure = None if word in {NONE, "anomalies"} else word
    if figure == slots.figure:
        return {}
    if figure is None and slots.figure in FILTERED and len(slots.labels) == 1:
        return {}  # a label that is named holds, whatever is counted
    return {"figure": figure, "labels": (LABELS[word],) if word in FILTERED else ()}


def _group(slots: Slots, word: str) -> dict[str, Any]:
    if word == NONE:
        return {"group_by": None, "attribute": None}
    if word == "attribute":
        return {"group_by": "attribute" if slots.attribute else None, "attribute": slots.attribute}
    return {"group_by": word, "attribute": None}


def _order(word: str) -> str:
    return "worst" if word == "largest" else word


def _states(slots: Slots, word: str) -> tuple[str, ...]:
    if slots.person is not None and slots.states:
        return slots.states  # what somebody resolved is said by the verb
    if {"open", "resolved"} <= {*slots.states}:
        return slots.states  # also the old ones
    if word == NONE:
        return slots.states if slots.states == ("acknowledged",) else ()  # a word that says nothing else
    return slots.states if slots.states and word in slots.states else STATES.get(word, (word,))
