"""A continuation's slots over those of the question before it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.assistant.reading.language import follow_up_language, slot_language
from agent.assistant.reading.reader import Looked
from agent.assistant.reading.reading import Intent, Slots
from agent.assistant.reading.remembered import Remembered
from agent.assistant.reading.shape import plural_of
from agent.assistant.reading.source_names import tokens_of
from agent.assistant.reading.times import span_text
from storage.records import Window

WORDS = follow_up_language()
COUNTED = re.compile(
    rf"(?<![\w.-])(\d{{1,3}}|{'|'.join(word for word, value in slot_language().numbers.items() if value > 1)})$"
)
NUMBER = re.compile(r"(?<![\w.-])(\d+\.\d+)(?![\w.])|(?<![\w.-])(\d+)$")
TIMES = re.compile(r"(?<![\w.-])(\d+(?:\.\d+)?) ?(?:x|times)(?!\w)")
MANY_TIMES = {"twice": 2.0, "double": 2.0, "thrice": 3.0, "three times": 3.0, "four times": 4.0}
LISTED = {Intent.LIST, Intent.INCIDENTS, Intent.TOP, Intent.SIMILAR}


def merged(last: Remembered, looked: Looked, moved: Window | None, *, is_same: bool) -> Slots:
    """Return what was named now, and of what was named before what still holds; moved: the window it moves on to."""
    old, new = last.reading.slots, looked.slots
    if last.reading.intent is Intent.SIMILAR and last.earlier is not None and not old.sources:
        old = replace(old, sources=last.earlier.slots.sources)  # the place that was spoken of before
    windows, spoken = (new.windows, new.spoken) if new.windows else (old.windows, old.spoken)
    if moved is not None and not new.windows:
        windows, spoken = (span_text(moved),), ()
    names_all = slot_language().all_sources.search(looked.question.text) is not None
    names_all = names_all and WORDS.their_sum.search(looked.question.text) is None
    if new.figure == "waiting" and slot_language().right_now.search(looked.question.text):
        windows, spoken = (), ()
    drops_groups = WORDS.no_groups.search(looked.question.text) is not None
    if not new.sources and (one := _numbered(looked, old.sources)):
        new = replace(new, sources=(one,), limit=None)
    if not new.sources and (one := _other_side(looked, old.sources)):
        new = replace(new, sources=(one,))
    if last.reading.intent is Intent.COMPARE and WORDS.swaps.search(looked.masked):
        new = replace(new, sources=_swapped(old.sources, new.sources))
    names_one = old.group_by == "defect_class" and bool(new.defect_classes) and not new.group_by
    is_any_label = slot_language().all_labels.search(looked.question.text) is not None
    old = replace(old, labels=(), excluded_labels=(), figure=None) if is_any_label else old
    if new.figure is None and WORDS.ranks_anomalies.search(looked.question.text):
        old = replace(old, figure=None)
    all_excluded = tuple(dict.fromkeys((*old.excluded_sources, *new.excluded_sources)))
    kept = tuple(name for name in old.sources if name not in new.excluded_sources)
    kept = kept if new.excluded_sources and len(kept) < len(old.sources) else ()  # one of those named is left out
    return replace(
        new,
        windows=windows,
        spoken=spoken,
        sources=new.sources or kept or (() if names_all or new.excluded_sources else old.sources),
        excluded_sources=() if new.sources or kept else all_excluded,
        detectors=new.detectors or old.detectors,
        defect_classes=_classes(looked, old),
        attributes=_attributes(looked, old),
        sides=new.sides or (old.sides if is_same else ()),
        figure=new.figure or (old.figure if is_same else None),
        labels=new.labels or (old.labels if new.figure is None else ()),
        excluded_labels=tuple(dict.fromkeys((*old.excluded_labels, *new.excluded_labels))),
        group_by=None if drops_groups or names_one else new.group_by or (old.group_by if is_same else None),
        attribute=new.attribute or (old.attribute if is_same else None),
        limit=new.limit or number_alone(looked, last) or (old.limit if is_same else None),
        order=new.order or (old.order if is_same else None),
        states=new.states or (old.states if is_same and not _is_of_a_time(last, looked) else ()),
        min_ratio=new.min_ratio or _times(looked, old) or old.min_ratio,
        action=new.action or (old.action if is_same else None),
        min_score=new.min_score if new.min_score is not None else old.min_score,
        threshold=new.threshold if new.threshold is not None else _number(looked, last) or old.threshold,
        person=new.person or (None if new.group_by == "reviewer" else old.person),
        period=new.period or (old.period if is_same and not new.windows else None),
    )


def _classes(looked: Looked, old: Slots) -> tuple[str, ...]:
    """Return the classes meant: `not just dents` means every one."""
    text, named = looked.question.text, looked.slots.defect_classes
    if WORDS.not_just.search(looked.masked):
        return named if len(named) > 1 else ()
    return named or (() if WORDS.all_classes.search(text) else old.defect_classes)


def _swapped(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """Return the two sides of a comparison, the second of the sources just named exchanged for the first."""
    if len(new) == 2 and new[1] in old and new[0] not in old:  # noqa: PLR2004 - two sides
        return tuple(new[0] if name == new[1] else name for name in old)
    return new


def _is_of_a_time(last: Remembered, looked: Looked) -> bool:
    """Whether outages of a time are asked for, of which those that go on are only some."""
    return last.reading.intent is Intent.OUTAGES and bool(looked.slots.windows)


def _attributes(looked: Looked, old: Slots) -> dict[str, str]:
    """Return the attributes meant now: of two values that are held against each other neither, the others stay."""
    split = {key for key, _ in looked.slots.sides}
    both = {**_kept_attributes(looked, old), **looked.slots.attributes}
    return {key: value for key, value in both.items() if key not in split}


def _kept_attributes(looked: Looked, old: Slots) -> dict[str, str]:
    """Return the attributes still meant: `all lots` and `which lot` give up the one lot spoken of."""
    every = r"\b(?:all|any|every|each|both)(?: of)?(?: the)?"
    return {
        key: value
        for key, value in old.attributes.items()
        if looked.slots.attribute != key and re.search(rf"{every} {plural_of(key)}\b", looked.question.text) is None
    }


def _numbered(looked: Looked, sources: Sequence[str]) -> str | None:
    """Return line-1 for `just 1`, after a question about lines 1 and 2."""
    match = re.fullmatch(r"(?:just|only|and|now) (?:the |number |no\.? )?(\d+)", looked.question.text)
    found = [name for name in sources if match and re.findall(r"\d+", name)[-1:] == [match[1]]]
    return found[0] if len(sources) > 1 and len(found) == 1 else None


def _other_side(looked: Looked, sources: Sequence[str]) -> str | None:
    """Return tay-south for `south?`, after a question about tay-north."""
    match = WORDS.side_alone.search(looked.question.text)
    if match is None or len(sources) != 1:
        return None
    parts, said = tokens_of(sources[0]), match["side"]
    is_side = said in slot_language().sides.split("|")
    side = next((one for one in parts if one in slot_language().sides.split("|")), None) if is_side else parts[-1]
    wanted = [said if one == side else one for one in parts]
    found = [name for name in looked.known_sources if side and tokens_of(name) == wanted]
    return found[0] if found else None


def number_alone(looked: Looked, last: Remembered) -> int | None:
    """Return how many rows are meant by `make it 8`, `3 is enough`, `eight rather than five`."""
    text = WORDS.not_so_many.sub("", looked.question.text)
    match = COUNTED.search(text.rstrip(" ,.")) or COUNTED.search(WORDS.enough.sub("", text).strip(" ,."))
    if match is None or last.reading.intent not in LISTED:
        return None
    if match[1] not in looked.masked.split() and "qnumber" not in looked.masked:
        return None  # the number of a name: `only line 2`
    return max(1, int(match[1]) if match[1].isdigit() else slot_language().numbers[match[1]])


def _times(looked: Looked, old: Slots) -> float | None:
    """Return the ratio meant by `1.8x` alone, after a question about scores so many times the threshold."""
    match, spoken = TIMES.search(looked.question.text), WORDS.many_times.search(looked.question.text)
    if old.min_ratio is None or not (match or spoken):
        return None
    return float(match[1]) if match else MANY_TIMES[spoken["times"]] if spoken else None


def _number(looked: Looked, last: Remembered) -> float | None:
    """Return the threshold meant by a number alone, after a question what another one would do."""
    match = NUMBER.search(looked.question.text)
    is_asked = last.reading.intent is Intent.WHAT_IF or looked.by_cues is Intent.WHAT_IF
    return float(match[1] or match[2]) if match and is_asked else None
