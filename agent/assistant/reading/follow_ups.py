"""Follow-ups in a thread: `and yesterday?`, `only line-2`, `show me the second one`."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from agent.assistant.reading.against import NARROWED, against_another, against_window
from agent.assistant.reading.asked_again import asked_again, each_of_them, how_long
from agent.assistant.reading.language import follow_up_language, slot_language
from agent.assistant.reading.leader import LED_BY
from agent.assistant.reading.merging import merged
from agent.assistant.reading.moving import in_its_zone, moved_window
from agent.assistant.reading.picking import (
    closest,
    first_few,
    first_ranked,
    largest,
    next_page,
    of_incident,
    picked,
    set_now,
    spoken_of,
)
from agent.assistant.reading.reader import PAIR, Looked, is_pair, shaped
from agent.assistant.reading.reading import COUNTING, Intent, Reading, Slots
from agent.assistant.reading.remembered import Remembered
from agent.assistant.reading.times import (
    span_text,
)
from agent.assistant.tools.context import ToolContext
from storage.records import Window

WORDS = follow_up_language()
SETTLED = {Intent.DETAIL, Intent.SIMILAR, Intent.INCIDENT, Intent.CHANGE, Intent.HELP, Intent.UNKNOWN, Intent.HEALTH}
# What anomalies are looked at by, in one place and time.
PLACED = COUNTING | {Intent.LIST} - {Intent.COMPARE}
KEPT = {
    Intent.SILENCES,
    Intent.COVERAGE,
    Intent.OUTAGES,
    Intent.UNJUDGED,
    Intent.MISSES,
    Intent.LATENCY,
    Intent.VERSIONS,
    Intent.WHAT_IF,
    Intent.LABELS,
    Intent.CHANGES,
}
# What stands now has no time, where now is what is asked about.
OF_NOW = {Intent.SILENCES, Intent.INCIDENTS, Intent.DETECTOR, Intent.HEALTH}
# What tells of much at once, where one figure of it may be asked for next.
TOLD_IN_FULL = {Intent.REPORT, Intent.COVERAGE}
OF_FRAMES = {"dropped", "rejected", "received", "not_judged"}
RATES = {"anomaly_rate", "false_alarm_rate"}
FEW_WORDS = 2
BOTH = re.compile(r"\b(?:both|each|two|those|rates?|instead|as)\b")
CERTAIN = 0.85
LIKELY_OTHER, STRANGE_OTHER, SURELY_OTHER = 0.15, 0.35, 0.7
CLEAR = 0.95
MANY_WORDS = 5


def follow(looked: Looked, last: Remembered, context: ToolContext, first: datetime | None) -> Reading | None:
    """Read a question as the continuation of the last one; None where it stands on its own. Raise WindowError."""
    settled = (
        of_incident(looked, last)
        or largest(looked, last)
        or closest(looked, last)
        or picked(looked, last.ids)
        or first_few(looked, last)
        or spoken_of(looked, last.subject or first_ranked(looked, last))
        or asked_again(looked, last)
        or next_page(looked, last)
        or how_long(looked, last)
        or each_of_them(looked, last)
        or against_another(looked, last)
        or set_now(looked, last)
        or _listed(looked, last)
    )
    if settled is not None or _is_another_question(looked):
        return settled
    went_on = _went_on(looked, last, context)
    is_against = WORDS.versus.search(looked.masked) is not None
    if went_on is None:
        return against_window(looked, last, None) if is_against and looked.slots.windows else None
    own, moved = _own(looked, last, went_on), went_on.moved
    if is_against and (moved is not None or looked.slots.windows):
        return against_window(looked, last, moved)
    slots = merged(last, looked, moved, is_same=own in {None, last.reading.intent})
    slots = _of_its_kind(own, slots, looked, last)
    if went_on.is_others:
        slots = replace(slots, sources=(), excluded_sources=last.reading.slots.sources)
    if own is Intent.COMPARE and moved is not None and last.window is not None and not looked.slots.windows:
        slots = replace(slots, windows=(span_text(last.window), span_text(moved)), spoken=(), firm=())
    return shaped(own or last.reading.intent, in_its_zone(slots, looked, last, context, first))


def _of_its_kind(own: Intent | None, slots: Slots, looked: Looked, last: Remembered) -> Slots:
    """Return slots as the intent a continuation turns to takes them."""
    if own is Intent.LIST and last.reading.slots.figure == "missed" and slots.figure is None:
        slots = replace(slots, figure="missed")
    if own is Intent.GROUP and slots.group_by is None:
        slots = replace(slots, group_by=last.reading.slots.group_by, attribute=last.reading.slots.attribute)
    if own is Intent.VERSIONS and last.reading.intent is not own and not looked.slots.windows:
        slots = replace(slots, windows=(), spoken=(), firm=(), detectors=())
    if own in OF_NOW and not looked.slots.windows and slot_language().right_now.search(looked.question.text):
        slots = replace(slots, windows=(), spoken=(), firm=())
    if last.reading.intent is Intent.TOP and slots.order == "fewest" and WORDS.from_the_top.search(looked.masked):
        slots = replace(slots, order=looked.slots.order)
    if own is Intent.TOP and slots.figure is None and not WORDS.of_anomalies.search(looked.masked):
        slots = replace(slots, figure=last.reading.slots.figure)
    return slots


def _listed(looked: Looked, last: Remembered) -> Reading | None:
    """Read `list` alone, after a count, as the list of what was counted."""
    text = looked.question.text
    is_of_those = WORDS.which_of.search(text) is not None and looked.slots.figure in NARROWED
    is_listed = is_of_those or WORDS.listed_alone.search(text) is not None
    if last.reading.intent not in COUNTING or not is_listed:
        return None
    return shaped(Intent.LIST, merged(last, looked, None, is_same=False))


def _is_another_question(looked: Looked) -> bool:
    """Whether a question stands on its own in a thread: whole, settled by its words, or of nothing on record."""
    is_settled = looked.agreed in SETTLED or looked.by_cues in {Intent.CHANGE, Intent.DETAIL, Intent.INCIDENT}
    chance = looked.guess.intents[Intent.UNKNOWN]
    is_unknown = looked.by_cues is Intent.UNKNOWN and not looked.slots.windows and chance >= LIKELY_OTHER
    is_settled = is_settled or is_unknown
    is_settled = is_settled and WORDS.moves_on.search(looked.masked) is None
    return is_settled or _stands_alone(looked) or _is_of_another_world(looked)


def _is_of_another_world(looked: Looked) -> bool:
    """Whether a whole question, no mere addition, is most likely of what the record cannot know."""
    slots = looked.slots
    names_nothing = not (slots.windows or slots.ids or slots.defect_classes or slots.attributes or slots.labels)
    words = re.findall(r"[a-z]{3,}", WORDS.filler.sub("", looked.masked))
    chance = looked.guess.intents[Intent.UNKNOWN]
    is_strange = bool(looked.foreign) and looked.guess.best is Intent.UNKNOWN and chance > STRANGE_OTHER
    is_whole = len(words) > FEW_WORDS and chance > SURELY_OTHER
    return names_nothing and (is_strange or is_whole or (bool(words) and chance > CLEAR))


@dataclass(frozen=True, slots=True)
class _WentOn:
    """How a question goes on: only names something new, asks within the same place and time, or of all the others.

    moved: the window it takes from the one before it.
    """

    is_short: bool
    is_placeless: bool
    is_placeless_count: bool
    is_others: bool
    moved: Window | None


def _went_on(looked: Looked, last: Remembered, context: ToolContext) -> _WentOn | None:
    """Say how a question goes on, None where it stands on its own."""
    text, slots = looked.masked, looked.slots
    rest = WORDS.filler.sub("", WORDS.after.sub("", WORDS.before.sub("", text)))
    names_a_place = bool(slots.windows or slots.sources or WORDS.whole.search(text))
    moved = moved_window(looked, last.window, context)
    found = _WentOn(
        is_short=_is_short(rest, looked),
        is_placeless=own_of(looked) in PLACED and last.reading.intent in PLACED and not names_a_place,
        is_placeless_count=own_of(looked) is Intent.COUNT and not names_a_place,
        is_others=WORDS.the_others.search(text) is not None and bool(last.reading.slots.sources),
        moved=moved,
    )
    is_led = WORDS.lead.search(text) is not None or WORDS.pronoun.search(text) is not None
    is_bare = own_of(looked) is Intent.LIST and WORDS.bare.search(text) is not None and not names_a_place
    is_narrowing = slots.figure in NARROWED and not slots.windows and not slots.sources
    is_moved = moved is not None and not slots.windows
    is_kept = found.is_placeless_count and last.reading.intent in KEPT and slots.figure is None
    is_kept = is_kept or (last.reading.intent in KEPT and _names_no_subject(looked, last.reading.intent))
    goes_on = (found.is_short, found.is_placeless, is_kept, found.is_others, is_led, is_bare, is_narrowing, is_moved)
    return found if any(goes_on) else None


def _is_short(rest: str, looked: Looked) -> bool:
    """Whether next to nothing is said but what is new, too little to want anything by itself."""
    left = re.findall(r"[a-z]{3,}", rest)
    is_likely = looked.guess.best is not Intent.CHANGE and looked.guess.intents[looked.guess.best] > CERTAIN
    is_sure = looked.agreed is not None or is_likely
    return not left or _only_figure(looked) or (len(left) <= FEW_WORDS and not is_sure)


def _own(looked: Looked, last: Remembered, went_on: _WentOn) -> Intent | None:
    """Return what a continuation wants by itself, None for the same again."""
    text, before = looked.masked, last.reading.intent
    is_again = went_on.is_short or went_on.is_others or WORDS.same_again.search(text) is not None
    is_again = is_again or (before is Intent.COMPARE and bool(looked.slots.excluded_labels)) or _is_widened(looked)
    is_again = is_again or WORDS.moves_on.search(text) is not None
    turned = _turned_to(looked, last.reading)
    if turned is not None:
        return turned
    own = None if is_again and not _is_ranked_list(looked) else own_of(looked)
    if own is Intent.COUNT and before in PLACED and went_on.is_placeless and not WORDS.counts.search(text):
        own = None  # a label or a class alone, put in or left out
    if _is_of_the_same_list(looked, last.reading, own):
        return before
    if _goes_on_as(looked, before, own):
        return before
    if before is Intent.INCIDENT and WORDS.of_states.search(text) and WORDS.anomalies.search(text) is None:
        return Intent.INCIDENTS
    if before in KEPT and WORDS.of_anomalies.search(text) and own in {None, Intent.COUNT}:
        return Intent.COUNT
    if before in KEPT and own is Intent.COUNT and _is_of_the_same_things(looked, before, went_on):
        own = None
    is_shown = looked.by_cues is Intent.LIST and WORDS.same_again.search(text) is None
    if is_shown and before in COUNTING and WORDS.pronoun.search(text):
        own = Intent.LIST  # `show them` after a count
    if own is Intent.LIST and before is Intent.INCIDENTS and WORDS.anomalies.search(text) is None:
        own = Intent.INCIDENTS
    return Intent.COUNT if own is None and before in SETTLED else own


def _goes_on_as(looked: Looked, before: Intent, own: Intent | None) -> bool:
    """Whether it surely goes on as before: another person's acts, what else would be lost, misses after misses."""
    text = looked.masked
    is_named = WORDS.anomalies.search(text) is not None or "label" in text
    is_of_a_person = looked.slots.person is not None and own in {None, Intent.COUNT, Intent.LABELS} and not is_named
    if (before is Intent.CHANGES and is_of_a_person) or (before is Intent.WHAT_IF and WORDS.supposed.search(text)):
        return True
    if before in KEPT and _names_no_subject(looked, before):
        return True
    is_of_misses = before is Intent.MISSES and looked.slots.figure in {"missed", "anomaly_rate"}
    is_of_misses = is_of_misses and not (looked.slots.windows or looked.slots.sources)
    return is_of_misses or (before in KEPT and looked.guess.intents.get(before, 0.0) > CLEAR)


def _is_of_the_same_things(looked: Looked, before: Intent, went_on: _WentOn) -> bool:
    """Whether what was told of is counted: `how many hours was that?` after an outage, `how many of them`."""
    text, slots = looked.masked, looked.slots
    is_of_that = WORDS.pronoun.search(text) and not (slots.windows or slots.sources)
    if is_of_that or (before is Intent.MISSES and slots.figure == "anomaly_rate"):
        return True
    is_of_the_same = went_on.is_placeless_count and WORDS.anomalies.search(text) is None
    return slots.figure is None and (is_of_the_same or WORDS.of_them.search(text) is not None)


def _turned_to(looked: Looked, last: Reading) -> Intent | None:
    """Return what is surely wanted however little is said: `so porosity vs crack there`, `break it down by month`."""
    slots, before = looked.slots, last.intent
    if looked.by_cues is Intent.COMPARE and is_pair(slots):
        return Intent.COMPARE
    if before is Intent.COMPARE and slots.order is not None and slots.group_by is not None:
        return Intent.GROUP
    is_group_compared = before is Intent.GROUP and looked.by_cues is Intent.COMPARE
    if (before is Intent.COMPARE or is_group_compared) and _is_of_both(looked):
        return before
    is_of_frames = before is Intent.LATENCY and slots.figure in OF_FRAMES
    is_one_figure = before in TOLD_IN_FULL and slots.figure is not None and own_of(looked) in {None, Intent.COUNT}
    if is_of_frames or is_one_figure:
        return Intent.COUNT
    if before is Intent.COMPARE and own_of(looked) in {None, Intent.COUNT} and _names_one_side(slots, last.slots):
        return Intent.COUNT
    is_grouped_anew = before is Intent.TOP and slots.group_by not in {None, "source"}
    is_whole_group = before in KEPT and looked.agreed is Intent.GROUP and slots.figure is not None
    is_whole_group = is_whole_group or (before in TOLD_IN_FULL and slots.group_by is not None)
    return Intent.GROUP if is_grouped_anew or is_whole_group else None


def _is_of_both(looked: Looked) -> bool:
    """Whether what was held against each other is so once more: `as rates, please`, `how do the two compare`."""
    if WORDS.the_two.search(looked.question.text) and not looked.slots.windows:
        return True
    is_figure = own_of(looked) in {None, Intent.COUNT} or looked.slots.figure in RATES
    return is_figure and _names_only_a_figure(looked)


def _names_only_a_figure(looked: Looked) -> bool:
    """Whether another figure of the same is wanted, and no sum: `as anomaly rates, please`."""
    slots = looked.slots
    rest = replace(slots, figure=None, labels=(), excluded_labels=(), action=None)
    text = looked.question.text
    is_sum = WORDS.their_sum.search(text) or WORDS.everyone.search(text) or WORDS.no_groups.search(text)
    is_of_one = WORDS.counts.search(looked.masked) and BOTH.search(text) is None
    return slots.figure is not None and rest == Slots() and not (is_sum or is_of_one)


def _names_one_side(new: Slots, old: Slots) -> bool:
    """Whether one of what was held against each other is named, or another in their place: `only line-1@3`."""
    pairs = (
        (old.sources, new.sources),
        (old.detectors, new.detectors),
        (old.defect_classes, new.defect_classes),
        (old.sides, [key for key, _ in old.sides[:1] if key in new.attributes]),
    )
    are_times = len(old.windows) == PAIR or bool(new.windows[1:])  # then its sides were times
    return not are_times and any(len(before) == PAIR and len(now) == 1 for before, now in pairs)


def _is_of_the_same_list(looked: Looked, before: Reading, own: Intent | None) -> bool:
    """Whether labels, incidents or a ranking are gone on with: `and everybody's false alarm share?`."""
    text = looked.masked
    if before.intent is Intent.INCIDENTS and _is_of_incidents(looked, own):
        return True
    return own in {None, Intent.LIST} and _ranks_on(text, before)


def _ranks_on(text: str, before: Reading) -> bool:
    """Whether a ranking goes on: `the top two`, `ranked by false alarms instead`."""
    if before.intent is Intent.TOP:
        return WORDS.ranks.search(text) is not None
    is_ranked = before.intent is Intent.GROUP and before.slots.order is not None
    is_ranked = is_ranked and before.slots.group_by in LED_BY
    return is_ranked and WORDS.ranks_on.search(text) is not None


def _is_ranked_list(looked: Looked) -> bool:
    """Whether a list is asked for in so many words: `give me the worst three`, `show me today's, newest first`."""
    is_ranked = looked.slots.limit is not None or looked.slots.order is not None
    is_listed = looked.agreed is Intent.LIST
    is_listed = is_listed and bool(looked.slots.windows or WORDS.asks_list.search(looked.masked))
    return is_listed and is_ranked and WORDS.ranked.search(looked.question.text) is not None


def _is_widened(looked: Looked) -> bool:
    """Whether only a class, or a label, is given up: `everything flagged, class or no class`."""
    text = looked.question.text
    is_given_up = WORDS.all_classes.search(text) or WORDS.not_just.search(looked.masked)
    return bool(is_given_up) and looked.slots.group_by is None and WORDS.asks_list.search(text) is None


def _is_of_incidents(looked: Looked, own: Intent | None) -> bool:
    """Whether a question after a list of incidents is about incidents too: `how many is that`, `the dismissed ones`."""
    if looked.slots.group_by or WORDS.anomalies.search(looked.masked.replace("incident", "")):
        return False
    if own is Intent.LABELS and re.search(r"\blabel", looked.masked):
        return False
    is_of_states = WORDS.of_states.search(looked.masked) is not None
    return is_of_states or own in {None, Intent.COUNT, Intent.LIST, Intent.TOP, Intent.LABELS, Intent.INCIDENTS}


def _only_figure(looked: Looked) -> bool:
    """Whether nothing but a figure is said: `what about false alarms`."""
    rest = looked.masked
    for focus in slot_language().focus:
        rest = focus.pattern.sub("", rest)
    return looked.slots.figure is not None and not WORDS.filler.sub("", rest).strip(" ,")


def _names_no_subject(looked: Looked, before: Intent) -> bool:
    """Whether nothing else is spoken of than before: `and as a rate?`, `how many are that based on?`."""
    own = WORDS.own_subjects.get(before)
    left = own.sub("", looked.masked) if own else looked.masked
    is_count_of_its_own = looked.by_cues is Intent.COUNT and bool(looked.slots.windows)
    is_of_another = looked.by_cues in (KEPT | SETTLED) - {before}
    is_another = bool(looked.foreign) or is_of_another or is_count_of_its_own
    return not is_another and WORDS.subjects.search(left) is None


def _stands_alone(looked: Looked) -> bool:
    """Say whether a question is whole: sure of what is wanted, with its own place and time, and no `and` before it."""
    slots = looked.slots
    is_led = WORDS.lead.search(looked.masked) or WORDS.same_again.search(looked.masked)
    return bool(looked.agreed and slots.windows and slots.sources) and is_led is None


def own_of(looked: Looked) -> Intent | None:
    """Return what a question wants by itself, sure or not."""
    best = looked.guess.best
    is_clear = (
        looked.guess.intents[best] > CLEAR
        and best not in SETTLED | {Intent.COUNT}
        and len(looked.masked.split()) > MANY_WORDS
    )
    return looked.agreed or (best if is_clear else looked.by_cues)
