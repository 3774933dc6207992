"""One of what was just shown: `the second one`, `is it confirmed?`, and the next page."""

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.assistant.reading.language import follow_up_language, slot_language
from agent.assistant.reading.reader import Looked
from agent.assistant.reading.reading import Intent, Reading, Slots
from agent.assistant.reading.remembered import Remembered
from agent.assistant.seeing import seeing_words

WORDS = follow_up_language()
UNKNOWN_TOO, SURELY_UNKNOWN = 0.4, 0.8


def closest(looked: Looked, last: Remembered) -> Reading | None:
    """Read `details on the closest` as the first of those that were found alike."""
    is_named = bool(looked.slots.ids) or WORDS.closest.search(looked.masked) is None
    return None if is_named or last.reading.intent is not Intent.SIMILAR else _of_list(last.ids, 1)


def largest(looked: Looked, last: Remembered) -> Reading | None:
    """Read `which of those has the most anomalies` as the largest of the incidents just listed."""
    text, slots = looked.masked, last.reading.slots
    if last.reading.intent is not Intent.INCIDENTS or not WORDS.pronoun.search(text) or not WORDS.most.search(text):
        return None
    is_of_its_own = bool(looked.slots.windows or looked.slots.sources or looked.slots.ids)
    order = "worst" if looked.slots.order in {None, "worst"} else looked.slots.order
    return None if is_of_its_own else Reading(Intent.INCIDENTS, replace(slots, order=order, limit=1))


def picked(looked: Looked, ids: Sequence[str]) -> Reading | None:
    """Read `the second one` as the second of the ids just shown."""
    ordinals = slot_language().ordinals
    words = "|".join(slot_language().numbers)
    numbered = re.search(
        rf"\b(?:(?:number|nr\.?|#) ?(\d{{1,2}}|{words})|no\.? ?(\d{{1,2}}))(?=$|[,.:;?!]? [a-z])", looked.question.text
    )
    if numbered is not None and ids and not looked.slots.ids:
        said = numbered[1] or numbered[2]
        return _of_list(ids, int(said) if said.isdigit() else slot_language().numbers[said])
    if ids and WORDS.middle.search(looked.masked) and not looked.slots.ids:
        return _of_list(ids, (len(ids) + 1) // 2)
    thing = rf"(?: (?:{WORDS.thing.pattern}))?(?:,? (?:{WORDS.in_full.pattern}))?"
    match = re.search(rf"\b(?:the )?({'|'.join(ordinals)}){thing}$", looked.masked)
    is_elsewhere = looked.slots.windows or looked.slots.sources or looked.slots.ids
    found = match or WORDS.picks.search(looked.masked)
    if found is None or not ids or is_elsewhere or WORDS.ranked_first.search(looked.masked):
        return None
    return _of_list(ids, ordinals[found[1]])


def _of_list(ids: Sequence[str], place: int) -> Reading | None:
    """Return a reading of the one at a place from 1 on, or from the end with -1; None where there is none."""
    if place == 0 or place > len(ids):
        return None
    chosen = ids[place - 1 if place > 0 else place]
    if chosen.startswith("I-"):
        return Reading(Intent.INCIDENT, Slots(incident=chosen))
    return Reading(Intent.DETAIL, Slots(ids=(int(chosen.removeprefix("A-")),)))


def of_incident(looked: Looked, last: Remembered) -> Reading | None:
    """Read `how many anomalies are in it?` after an incident was shown as a question about that incident."""
    if looked.has_slots_but_figure or WORDS.in_it.search(looked.masked) is None or is_unknowable(looked):
        return None
    if last.reading.intent is Intent.INCIDENTS and len(last.ids) == 1:
        return Reading(Intent.INCIDENT, Slots(incident=last.ids[0]))
    return last.reading if last.reading.intent is Intent.INCIDENT else None


def is_unknowable(looked: Looked) -> bool:
    """Whether both readers, or the learned one surely, take a question for one of what no record holds."""
    chance = looked.guess.intents[Intent.UNKNOWN]
    if seeing_words().search(looked.masked):
        return False  # what is wrong with it can be shown
    return chance >= (UNKNOWN_TOO if looked.by_cues is Intent.UNKNOWN else SURELY_UNKNOWN)


def first_ranked(looked: Looked, last: Remembered) -> int | None:
    """Return the anomaly at the head of a ranked list, which a question of `it` means: the latest crack."""
    if WORDS.asks_one.search(looked.question.text) is None:
        return None
    slots, first = last.reading.slots, next(iter(last.ids), "")
    is_ranked = last.reading.intent is Intent.LIST and slots.order is not None and not slots.offset
    return int(first.removeprefix("A-")) if is_ranked and first.startswith("A-") else None


def spoken_of(looked: Looked, subject: int | None) -> Reading | None:
    """Read `is it confirmed?` after an inspection was shown as a question about that inspection."""
    if subject is None or looked.slots.ids or looked.by_cues is Intent.INCIDENTS or is_unknowable(looked):
        return None
    if looked.by_cues is Intent.SIMILAR:
        return Reading(Intent.SIMILAR, replace(looked.slots, ids=(subject,)))
    rest = replace(looked, slots=replace(looked.slots, group_by=None, attribute=None))
    if rest.has_slots_but_figure or WORDS.subject.search(looked.masked) is None:
        return None
    return Reading(Intent.DETAIL, Slots(ids=(subject,)))


def first_few(looked: Looked, last: Remembered) -> Reading | None:
    """Read `just the first two` as the head of the list just shown."""
    match = WORDS.first_few.search(looked.question.text)
    if match is None or last.reading.intent not in {Intent.LIST, Intent.INCIDENTS, Intent.SIMILAR}:
        return None
    wanted = match["number"]
    number = int(wanted) if wanted.isdigit() else slot_language().numbers[wanted]
    return Reading(last.reading.intent, replace(last.reading.slots, limit=number))


def next_page(looked: Looked, last: Remembered) -> Reading | None:
    """Read `more` as the page after the one just shown."""
    if WORDS.more.search(looked.masked) is None or last.reading.intent not in {Intent.LIST, Intent.INCIDENTS}:
        return None
    slots = last.reading.slots
    return Reading(last.reading.intent, replace(slots, offset=slots.offset + len(last.ids)))


def set_now(looked: Looked, last: Remembered) -> Reading | None:
    """Read `what is it set to now`, after a question what another threshold would do, as one about the detector."""
    if last.reading.intent is not Intent.WHAT_IF or WORDS.set_now.search(looked.masked) is None:
        return None
    return Reading(Intent.DETECTOR, Slots(sources=looked.slots.sources or last.reading.slots.sources))
