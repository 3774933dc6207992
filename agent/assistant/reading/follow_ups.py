"""Follow-ups in a thread: `and yesterday?`, `only line-2`, `show me the second one`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent.assistant.reading.language import follow_up_language, slot_language
from agent.assistant.reading.reader import Looked, shaped
from agent.assistant.reading.reading import Intent, Reading, Slots
from agent.assistant.reading.times import in_zone, resolve_times, span_text, window_after, window_before
from agent.assistant.tools.context import ToolContext
from agent.assistant.windows.calendar import Calendar
from agent.assistant.windows.language import time_language
from agent.assistant.windows.reader import find_times, resolve
from storage.records import Window

WORDS = follow_up_language()
# `the second one` is the second of a list.
SHIFTS = "|".join(one for one in time_language().shift_names if one not in slot_language().ordinals)
OTHER_SHIFT = re.compile(rf"\b(?:the )?({SHIFTS})(?: shift| one)$")
COUNTED = re.compile(
    rf"(?<![\w.-])(\d{{1,3}}|{'|'.join(word for word, value in slot_language().numbers.items() if value > 1)})$"
)
NUMBER = re.compile(r"(?<![\w.-])(\d+\.\d+)(?![\w.])|(?<![\w.-])(\d+)$")
TIMES = re.compile(r"(?<![\w.-])(\d+(?:\.\d+)?) ?x(?!\w)")
SETTLED = {Intent.DETAIL, Intent.SIMILAR, Intent.INCIDENT, Intent.CHANGE, Intent.HELP, Intent.UNKNOWN, Intent.HEALTH}
COUNTING = {Intent.COUNT, Intent.SUMMARY, Intent.GROUP, Intent.TREND, Intent.TOP, Intent.HOTSPOTS, Intent.COMPARE}
A_DAY = timedelta(days=1)
# What anomalies are looked at by, in one place and time.
PLACED = COUNTING | {Intent.LIST} - {Intent.COMPARE}
LISTED = {Intent.LIST, Intent.INCIDENTS, Intent.TOP, Intent.SIMILAR}
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


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a thread remembers of its last answer; subject: the inspection spoken of last."""

    reading: Reading
    asked_at: datetime
    ids: tuple[str, ...] = ()
    window: Window | None = None
    subject: int | None = None


def follow(looked: Looked, last: Remembered, context: ToolContext, first: datetime | None) -> Reading | None:
    """Read a question as the continuation of the last one; None where it stands on its own. Raise WindowError."""
    picked = _picked(looked, last.ids) or _spoken_of(looked, last.subject)
    if picked is not None:
        return picked
    text = looked.masked
    if WORDS.more.search(text) and last.reading.intent in {Intent.LIST, Intent.INCIDENTS}:
        return Reading(last.reading.intent, _next_page(last.reading.slots, len(last.ids)))
    if (
        _stands_alone(looked)
        or looked.agreed in SETTLED
        or looked.by_cues in {Intent.CHANGE, Intent.DETAIL, Intent.INCIDENT}
    ):
        return None
    went_on = _went_on(looked, last, context)
    if went_on is None:
        return None
    own, moved = _own(looked, last, went_on), went_on.moved
    merged = _merged(last, looked, moved, is_same=own in {None, last.reading.intent})
    if went_on.is_others:
        merged = replace(merged, sources=(), excluded_sources=last.reading.slots.sources)
    if own is Intent.COMPARE and moved is not None and last.window is not None and not looked.slots.windows:
        merged = replace(merged, windows=(span_text(last.window), span_text(moved)), spoken=(), firm=())
    return shaped(own or last.reading.intent, _in_zone(merged, looked, last, context, first))


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
    moved = _moved(looked, last.window, context)
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
    own = None if went_on.is_short or went_on.is_others else own_of(looked)
    if own is Intent.COUNT and before in PLACED and went_on.is_placeless and not WORDS.counts.search(text):
        own = None  # a label or a class alone, put in or left out
    is_of_that = WORDS.pronoun.search(text) and not (looked.slots.windows or looked.slots.sources)
    is_of_the_same = went_on.is_placeless_count and WORDS.anomalies.search(text) is None and looked.slots.figure is None
    if before in KEPT and own is Intent.COUNT and (is_of_that or is_of_the_same):
        own = None  # `how many hours was that?` after an outage, `how many have run out?` after silences
    if looked.by_cues is Intent.LIST and before in COUNTING and WORDS.pronoun.search(text):
        own = Intent.LIST  # `show them` after a count
    if own is Intent.LIST and before is Intent.INCIDENTS and WORDS.anomalies.search(text) is None:
        own = Intent.INCIDENTS
    return Intent.COUNT if own is None and before in SETTLED else own


def _in_zone(
    slots: Slots,
    looked: Looked,
    last: Remembered,
    context: ToolContext,
    first: datetime | None,
) -> Slots:
    """Resolve the words about time once more where the sources now named have another zone."""
    asked, zone = looked.slots, context.zone(slots.sources)
    if asked.windows:
        if zone == context.zone(asked.sources):
            return slots
        resolved = resolve_times(looked.times, slots.sources, context, first)
        return replace(slots, windows=tuple(span_text(one.window) for one in resolved))
    is_kept = slots.windows == last.reading.slots.windows and len(slots.spoken) == len(slots.windows)
    if not is_kept or not slots.spoken or zone == context.zone(last.reading.slots.sources):
        return slots
    then = replace(context, now=last.asked_at)
    found = [words for spoken in slots.spoken for words in find_times(spoken)[:1]]
    resolved = resolve_times(found, slots.sources, then, first)
    return replace(slots, windows=tuple(span_text(one.window) for one in resolved)) if resolved else slots


def _spoken_of(looked: Looked, subject: int | None) -> Reading | None:
    """Read `is it confirmed?` after an inspection was shown as a question about that inspection."""
    if subject is None or looked.slots.ids:
        return None
    if looked.by_cues is Intent.SIMILAR:
        return Reading(Intent.SIMILAR, replace(looked.slots, ids=(subject,)))
    rest = replace(looked, slots=replace(looked.slots, group_by=None, attribute=None))
    if rest.has_slots_but_figure or WORDS.subject.search(looked.masked) is None:
        return None
    return Reading(Intent.DETAIL, Slots(ids=(subject,)))


def _only_figure(looked: Looked) -> bool:
    """Whether nothing but a figure is said: `what about false alarms`."""
    rest = looked.masked
    for focus in slot_language().focus:
        rest = focus.pattern.sub("", rest)
    return looked.slots.figure is not None and not WORDS.filler.sub("", rest).strip(" ,")


def _picked(looked: Looked, ids: Sequence[str]) -> Reading | None:
    """Read `the second one` as the second of the ids just shown."""
    ordinals = slot_language().ordinals
    numbered = re.search(
        r"\b(?:number|no\.?|#) ?(\d{1,2}|" + "|".join(slot_language().numbers) + r")$", looked.question.text
    )
    if numbered is not None and ids and not looked.slots.ids:
        return _of_list(ids, int(numbered[1]) if numbered[1].isdigit() else slot_language().numbers[numbered[1]])
    match = re.search(rf"\b(?:the )?({'|'.join(ordinals)})(?: (?:{WORDS.thing.pattern}))?$", looked.masked)
    is_elsewhere = looked.slots.windows or looked.slots.sources or looked.slots.ids
    if match is None or not ids or is_elsewhere or WORDS.ranked_first.search(looked.masked):
        return None
    return _of_list(ids, ordinals[match[1]])


def _of_list(ids: Sequence[str], place: int) -> Reading | None:
    """Return a reading of the one at a place from 1 on, or from the end with -1; None where there is none."""
    if place == 0 or place > len(ids):
        return None
    chosen = ids[place - 1 if place > 0 else place]
    if chosen.startswith("I-"):
        return Reading(Intent.INCIDENT, Slots(incident=chosen))
    return Reading(Intent.DETAIL, Slots(ids=(int(chosen.removeprefix("A-")),)))


def _next_page(slots: Slots, shown: int) -> Slots:
    return replace(slots, offset=slots.offset + shown)


def _merged(last: Remembered, looked: Looked, moved: Window | None, *, is_same: bool) -> Slots:
    old, new = last.reading.slots, looked.slots
    windows, spoken = (new.windows, new.spoken) if new.windows else (old.windows, old.spoken)
    if moved is not None and not new.windows:
        windows, spoken = (span_text(moved),), ()
    names_all = slot_language().all_sources.search(looked.question.text) is not None
    drops_groups = WORDS.no_groups.search(looked.question.text) is not None
    is_any_label = slot_language().all_labels.search(looked.question.text) is not None
    old = replace(old, labels=(), excluded_labels=(), figure=None) if is_any_label else old
    return replace(
        new,
        windows=windows,
        spoken=spoken,
        sources=new.sources or (() if names_all or new.excluded_sources else old.sources),
        excluded_sources=tuple(dict.fromkeys((*old.excluded_sources, *new.excluded_sources))),
        detectors=new.detectors or old.detectors,
        defect_classes=new.defect_classes or old.defect_classes,
        attributes=new.attributes or old.attributes,
        figure=new.figure or (old.figure if is_same else None),
        labels=new.labels or (old.labels if new.figure is None else ()),
        excluded_labels=new.excluded_labels or old.excluded_labels,
        group_by=None if drops_groups else new.group_by or (old.group_by if is_same else None),
        attribute=new.attribute or (old.attribute if is_same else None),
        limit=new.limit or _number_alone(looked, last) or (old.limit if is_same else None),
        order=new.order or (old.order if is_same else None),
        states=new.states or (old.states if is_same else ()),
        min_ratio=new.min_ratio or _times(looked, old) or old.min_ratio,
        threshold=new.threshold if new.threshold is not None else _number(looked, last) or old.threshold,
        person=new.person or old.person,
        period=new.period or (old.period if is_same and not new.windows else None),
    )


def _number_alone(looked: Looked, last: Remembered) -> int | None:
    """Return how many rows are meant by `make it 8`."""
    match = COUNTED.search(looked.question.text)
    if match is None or last.reading.intent not in LISTED:
        return None
    return max(1, int(match[1]) if match[1].isdigit() else slot_language().numbers[match[1]])


def _times(looked: Looked, old: Slots) -> float | None:
    """Return the ratio meant by `1.8x` alone, after a question about scores so many times the threshold."""
    match = TIMES.search(looked.question.text)
    return float(match[1]) if match and old.min_ratio is not None else None


def _number(looked: Looked, last: Remembered) -> float | None:
    """Return the threshold meant by a number alone, after a question what another one would do."""
    match = NUMBER.search(looked.question.text)
    is_asked = last.reading.intent is Intent.WHAT_IF or looked.by_cues is Intent.WHAT_IF
    return float(match[1] or match[2]) if match and is_asked else None


def _stands_alone(looked: Looked) -> bool:
    """Say whether a question is whole: sure of what is wanted, with its own place and time, and no `and` before it."""
    slots = looked.slots
    return bool(looked.agreed and slots.windows and slots.sources) and WORDS.lead.search(looked.masked) is None


def own_of(looked: Looked) -> Intent | None:
    """Return what a question wants by itself, sure or not."""
    return looked.agreed or looked.by_cues


def _moved(looked: Looked, window: Window | None, context: ToolContext) -> Window | None:
    """Return the window a continuation takes from the one before it, None where it names its own or none."""
    if window is None:
        return None
    moved = _moved_back(looked, window, context) or _other_shift(looked, window, context)
    if moved is None:
        moved = _taken_on(looked.question.text, window, context)
    zone = context.zone(looked.slots.sources) if looked.slots.sources else window.time_zone
    return None if moved is None else in_zone(moved, zone)


def _taken_on(text: str, window: Window, context: ToolContext) -> Window | None:
    calendar = Calendar(window.start, window.time_zone)
    if WORDS.since_then.search(text):
        return calendar.window(window.end, context.now) if window.end < context.now else None
    if WORDS.whole_day.search(text):
        return calendar.days(calendar.today, calendar.today + A_DAY)
    monthday = WORDS.monthday.search(text)
    if monthday is not None:
        return _day_of_its_month(int(monthday[1]), calendar)
    clocks = WORDS.clocks.search(text)
    words = f"between {clocks[1]} and {clocks[2]} on {calendar.today.isoformat()}" if clocks else ""
    for said in (words, *(f"{lead} {text}" for lead in ("on the", "on", "in"))):
        found = find_times(said) if said else []
        if len(found) == 1 and not WORDS.filler.sub("", said.replace(found[0].text, "")).strip(" ,?"):
            shifts = context.settings.shifts.starts
            return resolve(found[0], now=context.now, zone=window.time_zone, shifts=shifts).window
    return None


def _day_of_its_month(day: int, calendar: Calendar) -> Window | None:
    """Return `the 9th` as of the month last spoken of."""
    try:
        found = calendar.today.replace(day=day)
    except ValueError:
        return None
    return calendar.days(found, found + A_DAY)


def _other_shift(looked: Looked, window: Window | None, context: ToolContext) -> Window | None:
    """Return the shift of the day last spoken of, for `and the late one?`."""
    match = OTHER_SHIFT.search(looked.question.text)
    if match is None or window is None:
        return None
    day = window.start.astimezone(ZoneInfo(window.time_zone)).date().isoformat()
    found = find_times(f"{match[1]} shift of {day}")
    shifts = context.settings.shifts.starts
    return resolve(found[0], now=context.now, zone=window.time_zone, shifts=shifts).window if found else None


def _moved_back(looked: Looked, window: Window | None, context: ToolContext) -> Window | None:
    """Return the window before the last one, for `and the week before?`."""
    match, after = WORDS.before.search(looked.question.text), WORDS.after.search(looked.question.text)
    if window is None or (match is None and after is None):
        return None
    if after is not None:
        return window_after(window, after.groupdict().get("unit"), context.settings.shifts.starts, context.now)
    return window_before(window, match.groupdict().get("unit") if match else None, context.settings.shifts.starts)
