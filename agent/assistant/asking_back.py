"""Asking back: whole readings to choose from, the nearest names, and what is supposed until then."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.assistant.answer import Answer, AnswerStatus
from agent.assistant.reading.deciding import decide
from agent.assistant.reading.known import KnownNames, folded
from agent.assistant.reading.numerals import with_digits
from agent.assistant.reading.reader import Looked
from agent.assistant.reading.reading import NO_TOOL, Reading
from agent.assistant.reading.remembered import Remembered
from agent.assistant.reading.wording import worded
from agent.assistant.replies import OUTSIDE, UNREAD_TIME, UNSURE, example_questions
from agent.assistant.tools.context import ToolContext, plain
from agent.assistant.tools.names import nearest
from storage.records import Window

MOST_OFFERED = 3


@dataclass(frozen=True, slots=True)
class Read:
    """An answer, and what its thread has to remember; None where there is nothing new to remember."""

    answer: Answer
    remembered: Remembered | None = None


def asked_back(looked: Looked, context: ToolContext, known: KnownNames) -> Read:
    """Offer the likeliest readings, and remember the first: what comes next may go on with what was meant."""
    if (looked.is_far and not looked.has_slots) or looked.is_strange:
        return Read(Answer(OUTSIDE, AnswerStatus.REFUSED, example_questions(known.sources)))
    zone = context.zone(looked.slots.sources)
    offered = [reading for reading, _ in decide(looked) if reading.intent not in NO_TOOL]
    choices = tuple(dict.fromkeys(worded(reading, zone) for reading in offered))[:MOST_OFFERED]
    unread = looked.unread_time
    unsure = UNSURE if unread is None else UNREAD_TIME.format(time=unread)
    return Read(Answer(unsure, AnswerStatus.ASKED_BACK, choices), supposed(looked, context))


def supposed(looked: Looked, context: ToolContext) -> Remembered | None:
    """Return what was most likely meant by a question that is not answered, None where nothing was."""
    meant = next((reading for reading, _ in decide(looked) if reading.intent not in NO_TOOL), None)
    return None if meant is None else _remembered(meant, context.zone(looked.slots.sources), context)


def _remembered(reading: Reading, zone: str, context: ToolContext) -> Remembered:
    ends = [datetime.fromisoformat(end) for window in reading.slots.windows[:1] for end in window.split("/")]
    window = Window(ends[0], ends[1], zone) if ends else None
    return Remembered(reading, context.now, (), window)


def which_one(last: Remembered | None) -> Answer:
    """Ask which anomaly is meant, offering those just shown."""
    shown = [one for one in (last.ids if last else ()) if one.startswith("A-")][:MOST_OFFERED]
    choices = tuple(f"What is similar to {one}?" for one in shown)
    return Answer("Similar to which one? Name it, as in 'similar to A-1042'.", AnswerStatus.ASKED_BACK, choices)


def unknown_source(text: str, said: str, known: KnownNames) -> Answer:
    """Say that no source is called so, and offer the nearest."""
    if not known.sources:
        return Answer("No data: no source has been seen yet.", AnswerStatus.NO_DATA)
    near = nearest(said, known.sources)
    written = text if said in text.lower() else with_digits(text)
    others = [name for name in near if folded(name) not in folded(text)]  # held against itself a source says nothing
    choices = tuple(replaced(written, said, name) for name in others)
    return Answer(
        f"There is no source {plain(said)!r}; the nearest: {', '.join(near)}.",
        AnswerStatus.ASKED_BACK,
        choices,
        facts=(),
    )


def unknown_thing(said: Sequence[str], known: KnownNames) -> Answer:
    """Say that the record holds nothing of these names."""
    names = " or ".join(repr(plain(one)) for one in said)
    text = f"The record holds nothing called {names}. {OUTSIDE}"
    return Answer(text, AnswerStatus.REFUSED, example_questions(known.sources))


def unknown_class(text: str, said: str, known: KnownNames) -> Answer:
    """Say that no defect class is called so, and offer the nearest."""
    near = nearest(said, known.defect_classes)
    choices = tuple(replaced(text, said, name) for name in near)
    words = f"No defect was ever given the class {plain(said)!r}; the nearest: {', '.join(near)}."
    return Answer(words, AnswerStatus.ASKED_BACK, choices)


def not_left_out(key: str, value: str) -> Answer:
    """Say that one value of an attribute cannot be left out, and what can be asked instead."""
    words = (
        f"I cannot leave out one {plain(key)} ({plain(value)!r}): name the ones that count, or have them told apart."
    )
    return Answer(words, AnswerStatus.ASKED_BACK, (f"How many anomalies per {plain(key)}?",))


def unknown_person(text: str, said: str, known: KnownNames) -> Answer:
    """Say that nobody is called so, and offer the nearest."""
    near = [name.rpartition(":")[2] for name in nearest(said, known.people)]
    if not near:
        return Answer(
            f"Nobody called {plain(said)!r} has done anything here: no label, no change.", AnswerStatus.NO_DATA
        )
    choices = tuple(replaced(text, said, name) for name in near)
    words = f"Nobody called {plain(said)!r} is in the record; the nearest: {', '.join(near)}."
    return Answer(words, AnswerStatus.ASKED_BACK, choices)


def replaced(text: str, said: str, instead: str) -> str:
    """Return a question with one thing said otherwise."""
    changed = re.sub(re.escape(said), lambda _: instead, " ".join(text.split()), count=1, flags=re.IGNORECASE)
    return plain(changed, most=300)
