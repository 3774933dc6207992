"""Follow-ups in a thread: `and yesterday?`, `only line-2`, `show me the second one`."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from agent.assistant.reading.asked_again import asked_again
from agent.assistant.reading.language import follow_up_language, slot_language
from agent.assistant.reading.merging import merged
from agent.assistant.reading.moving import in_its_zone, moved_window
from agent.assistant.reading.picking import closest, largest, next_page, of_incident, picked, spoken_of
from agent.assistant.reading.reader import Looked, shaped
from agent.assistant.reading.reading import Intent, Reading
from agent.assistant.reading.remembered import Remembered
from agent.assistant.reading.times import (
    span_text,
)
from agent.assistant.tools.context import ToolContext
from storage.records import Window

WORDS = follow_up_language()
SETTLED = {Intent.DETAIL, Intent.SIMILAR, Intent.INCIDENT, Intent.CHANGE, Intent.HELP, Intent.UNKNOWN, Intent.HEALTH}
COUNTING = {Intent.COUNT, Intent.SUMMARY, Intent.GROUP, Intent.TREND, Intent.TOP, Intent.HOTSPOTS, Intent.COMPARE}
# What anomalies are looked at by, in one place and time.
PLACED = COUNTING | {Intent.LIST} - {Intent.COMPARE}
KEPT = {
    Intent.SILENCES,
    Intent.COVERAGE,
    Intent.OUTAGES,
    Intent.MISSES,
    Intent.LATENCY,
    Intent.VERSIONS,
    Intent.WHAT_IF,
    Intent.LABELS,
    Intent.CHANGES,
}
FEW_WORDS = 2
CERTAIN = 0.85
NARROWED = ("confirmed", "false_alarms", "unsure", "unlabelled", "missed")


def follow(looked: Looked, last: Remembered, context: ToolContext, first: datetime | None) -> Reading | None:
    """Read a question as the continuation of the last one; None where it stands on its own. Raise WindowError."""
    settled = (
        of_incident(looked, last)
        or largest(looked, last)
        or closest(looked, last)
        or picked(looked, last.ids)
        or spoken_of(looked, last.subject)
        or asked_again(looked, last)
    )
    if settled is not None:
        return settled
    text = looked.masked
    if WORDS.more.search(text) and last.reading.intent in {Intent.LIST, Intent.INCIDENTS}:
        return Reading(last.reading.intent, next_page(last.reading.slots, len(last.ids)))
    if (
        _stands_alone(looked)
        or looked.agreed in SETTLED
        or looked.by_cues in {Intent.CHANGE, Intent.DETAIL, Intent.INCIDENT}
    ):
        return None
    went_on = _went_on(looked, last, context)
    is_against = WORDS.versus.search(looked.masked) is not None
    if went_on is None:
        return _against(looked, last, None) if is_against and looked.slots.windows else None
    own, moved = _own(looked, last, went_on), went_on.moved
    if is_against and (moved is not None or looked.slots.windows):
        return _against(looked, last, moved)
    slots = merged(last, looked, moved, is_same=own in {None, last.reading.intent})
    if own is Intent.LIST and last.reading.slots.figure == "missed" and slots.figure is None:
        slots = replace(slots, figure="missed")
    if own is Intent.GROUP and slots.group_by is None:
        slots = replace(slots, group_by=last.reading.slots.group_by, attribute=last.reading.slots.attribute)
    if went_on.is_others:
        slots = replace(slots, sources=(), excluded_sources=last.reading.slots.sources)
    if own is Intent.COMPARE and moved is not None and last.window is not None and not looked.slots.windows:
        slots = replace(slots, windows=(span_text(last.window), span_text(moved)), spoken=(), firm=())
    return shaped(own or last.reading.intent, in_its_zone(slots, looked, last, context, first))


def _against(looked: Looked, last: Remembered, moved: Window | None) -> Reading | None:
    """Hold the window spoken of last against another: `vs the week before?`."""
    if last.window is None:
        return None
    slots = merged(last, looked, moved, is_same=True)
    other = span_text(moved) if moved is not None and not looked.slots.windows else looked.slots.windows[0]
    return shaped(Intent.COMPARE, replace(slots, windows=(other, span_text(last.window)), spoken=(), firm=()))


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
    goes_on = (found.is_short, found.is_placeless, is_kept, found.is_others, is_led, is_bare, is_narrowing, is_moved)
    return found if any(goes_on) else None


def _is_short(rest: str, looked: Looked) -> bool:
    """Whether next to nothing is said but what is new, too little to want anything by itself."""
    left = re.findall(r"[a-z]{3,}", rest)
    is_sure = looked.agreed is not None or looked.guess.intents[looked.guess.best] > CERTAIN
    return not left or _only_figure(looked) or (len(left) <= FEW_WORDS and not is_sure)


def _own(looked: Looked, last: Remembered, went_on: _WentOn) -> Intent | None:
    """Return what a continuation wants by itself, None for the same again."""
    text, before = looked.masked, last.reading.intent
    is_again = went_on.is_short or went_on.is_others or WORDS.same_again.search(text) is not None
    own = None if is_again else own_of(looked)
    if own is Intent.COUNT and before in PLACED and went_on.is_placeless and not WORDS.counts.search(text):
        own = None  # a label or a class alone, put in or left out
    if before is Intent.INCIDENTS and _is_of_incidents(looked, own):
        return Intent.INCIDENTS
    is_ranked = before is Intent.GROUP and last.reading.slots.order is not None
    if is_ranked and own in {None, Intent.LIST} and WORDS.ranks_on.search(text):
        return Intent.GROUP
    if before is Intent.WHAT_IF and WORDS.supposed.search(text):
        return Intent.WHAT_IF
    if before in KEPT and WORDS.of_anomalies.search(text) and own in {None, Intent.COUNT}:
        return Intent.COUNT
    is_of_that = WORDS.pronoun.search(text) and not (looked.slots.windows or looked.slots.sources)
    is_of_the_same = went_on.is_placeless_count and WORDS.anomalies.search(text) is None and looked.slots.figure is None
    if before in KEPT and own is Intent.COUNT and (is_of_that or is_of_the_same):
        own = None  # `how many hours was that?` after an outage, `how many have run out?` after silences
    if before is Intent.MISSES and own is Intent.COUNT and looked.slots.figure == "anomaly_rate":
        own = None
    if looked.by_cues is Intent.LIST and before in COUNTING and WORDS.pronoun.search(text):
        own = Intent.LIST  # `show them` after a count
    if own is Intent.LIST and before is Intent.INCIDENTS and WORDS.anomalies.search(text) is None:
        own = Intent.INCIDENTS
    return Intent.COUNT if own is None and before in SETTLED else own


def _is_of_incidents(looked: Looked, own: Intent | None) -> bool:
    """Whether a question after a list of incidents is about incidents too: `how many is that`, `the dismissed ones`."""
    if looked.slots.group_by or WORDS.anomalies.search(looked.masked.replace("incident", "")):
        return False
    is_of_states = WORDS.of_states.search(looked.masked) is not None
    return is_of_states or own in {None, Intent.COUNT, Intent.LIST, Intent.TOP, Intent.LABELS, Intent.INCIDENTS}


def _only_figure(looked: Looked) -> bool:
    """Whether nothing but a figure is said: `what about false alarms`."""
    rest = looked.masked
    for focus in slot_language().focus:
        rest = focus.pattern.sub("", rest)
    return looked.slots.figure is not None and not WORDS.filler.sub("", rest).strip(" ,")


def _stands_alone(looked: Looked) -> bool:
    """Say whether a question is whole: sure of what is wanted, with its own place and time, and no `and` before it."""
    slots = looked.slots
    return bool(looked.agreed and slots.windows and slots.sources) and WORDS.lead.search(looked.masked) is None


def own_of(looked: Looked) -> Intent | None:
    """Return what a question wants by itself, sure or not."""
    return looked.agreed or looked.by_cues
