"""The same again, with one thing changed: a number, a threshold, or the last two things at once."""

import re
from dataclasses import replace

from agent.assistant.reading.language import follow_up_language
from agent.assistant.reading.merging import NUMBER, merged, number_alone
from agent.assistant.reading.reader import Looked, shaped
from agent.assistant.reading.reading import Intent, Reading, Slots
from agent.assistant.reading.remembered import Remembered
from agent.assistant.reading.times import with_one_window

WORDS = follow_up_language()
FEW_WORDS = 2


def asked_again(looked: Looked, last: Remembered) -> Reading | None:
    """Read a number alone as the same again with that number: how many are like it, or another threshold."""
    before = last.reading
    if last.earlier is not None and WORDS.both.search(looked.question.text):
        joined = _joined(last.earlier.slots, before.slots)
        if joined is not None:
            return shaped(_own_after_both(looked, before.intent), _merged_over(joined, looked))
    if last.earlier is not None and WORDS.the_two.search(looked.question.text) and not looked.slots.windows:
        pair = _pair(last.earlier.slots, before.slots)
        if pair is not None:
            return shaped(Intent.COMPARE, replace(pair, figure=looked.slots.figure, group_by=None, period=None))
    if before.intent is Intent.SIMILAR and (count := number_alone(looked, last)) and not looked.slots.ids:
        return Reading(Intent.SIMILAR, replace(before.slots, limit=count))
    is_number = looked.slots.limit and looked.slots == Slots(limit=looked.slots.limit, order=looked.slots.order)
    if before.intent is Intent.SIMILAR and is_number:
        return Reading(Intent.SIMILAR, replace(before.slots, limit=looked.slots.limit))
    decimal = NUMBER.search(looked.question.text)
    is_bare = len(re.findall(r"[a-z]{3,}", WORDS.filler.sub("", looked.masked))) <= FEW_WORDS
    if before.intent is Intent.WHAT_IF and decimal and decimal[1] and is_bare and not looked.slots.ids:
        return shaped(Intent.WHAT_IF, merged(last, looked, None, is_same=True))
    return None


def how_long(looked: Looked, last: Remembered) -> Reading | None:
    """Read `how long already?` after outages as the same outages again."""
    is_asked = WORDS.how_long_already.search(looked.question.text) is not None
    return last.reading if is_asked and last.reading.intent is Intent.OUTAGES else None


def each_of_them(looked: Looked, last: Remembered) -> Reading | None:
    """Read `and everybody's false alarm share?` after labels as those of every person."""
    if last.reading.intent is not Intent.LABELS or WORDS.each_person.search(looked.masked) is None:
        return None
    slots = merged(last, looked, None, is_same=True)
    return Reading(Intent.LABELS, replace(slots, person=None, group_by="reviewer", attribute=None))


def _pair(one: Slots, other: Slots) -> Slots | None:
    """Return the last two questions' times, or places, as the sides of a comparison; None where they are no two."""
    if one.windows != other.windows and len(one.windows) == len(other.windows) == 1:
        return replace(other, windows=(*one.windows, *other.windows), spoken=(), firm=())
    if one.sources != other.sources and len(one.sources) == len(other.sources) == 1:
        return replace(other, sources=(*one.sources, *other.sources))
    return None


def _own_after_both(looked: Looked, before: Intent) -> Intent:
    return Intent.LIST if looked.by_cues is Intent.LIST else before


def _merged_over(joined: Slots, looked: Looked) -> Slots:
    new = looked.slots
    return replace(
        joined,
        sources=new.sources or joined.sources,
        figure=new.figure or joined.figure,
        limit=new.limit or joined.limit,
        order=new.order or joined.order,
    )


def _joined(one: Slots, other: Slots) -> Slots | None:
    """Return what two questions asked for at once; None where they differ in nothing, or in more than one thing."""
    names = ("sources", "defect_classes", "windows", "attributes")
    if one.spoken and one.spoken == other.spoken:
        one = replace(one, windows=other.windows)  # the same words of time in two zones
    differing = [name for name in names if getattr(one, name) != getattr(other, name) and getattr(one, name)]
    if len(differing) != 1 or not getattr(other, differing[0]):
        return None
    if differing == ["attributes"]:
        return replace(other, attributes={k: v for k, v in other.attributes.items() if one.attributes.get(k) == v})
    if differing == ["windows"]:
        pair = sorted({*one.windows, *other.windows})
        return with_one_window(replace(other, windows=tuple(pair), spoken=(), firm=(False,) * len(pair)))
    if differing == ["sources"]:
        return replace(other, sources=tuple(dict.fromkeys((*one.sources, *other.sources))))
    return replace(other, defect_classes=tuple(dict.fromkeys((*one.defect_classes, *other.defect_classes))))
