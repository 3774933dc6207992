"""What the readers see in a question: its slots, by rules, and what it wants, by rules and by what was learned."""

import re
from dataclasses import dataclass, replace

from agent.assistant.reading.cues import read_by_cues
from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.language import answerable_words, intent_language, phrase_words, slot_language, words_of_slots
from agent.assistant.reading.learned import Guess
from agent.assistant.reading.learning import learned_reader
from agent.assistant.reading.normal import normal
from agent.assistant.reading.places import Places, read_misspelled, read_names
from agent.assistant.reading.question import Question
from agent.assistant.reading.reading import NO_TOOL, Intent, Reading, Slots
from agent.assistant.reading.shape import Shape, read_shape
from agent.assistant.reading.signals import name_signals, rule_signals
from agent.assistant.reading.spelling import corrected, with_times_corrected
from agent.assistant.reading.threshold import take_threshold
from agent.assistant.reading.times import (
    resolve_times,
    span_text,
    spoken_text,
    take_times,
    window_before,
    with_one_window,
)
from agent.assistant.tools.context import ToolContext
from agent.assistant.windows.calendar import Calendar
from agent.assistant.windows.language import time_language, words_of_time
from agent.assistant.windows.reader import TimeReading, TimeWords, find_times, resolve

SEVERAL = "|".join(word for word, value in slot_language().numbers.items() if value > 1)  # `one` is no number
NUMBERS = re.compile(rf"(?<!\w)(?:\d+(?:\.\d+)?|{SEVERAL})(?!\w)")
# Ways of saying a time that are meant, whatever else is named by the way.
FIRM = {"between", "days", "since", "after", "before", "before_on", "after_on"}
OPEN_ENDS = {"since", "since_shift", "after", "before"}
LONG = {"month", "iso_month", "period", "quarter", "quarter_named", "year", "week_of", "week_number"}
AGREES = 0.5
FAR = 0.3
MOST_STRANGE = 0.3
MOST_CHOICES = 3
PAIR = 2


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything the readers saw in a question."""

    question: Question
    places: Places
    shape: Shape
    slots: Slots
    times: tuple[TimeWords, ...]
    masked: str
    by_cues: Intent | None
    guess: Guess

    @property
    def has_slots(self) -> bool:
        """Whether the question names anything at all."""
        return self.slots != Slots()

    @property
    def has_slots_but_figure(self) -> bool:
        """Whether the question names anything but a figure."""
        return replace(self.slots, figure=None, labels=(), order=None, limit=None, states=()) != Slots()

    @property
    def agreed(self) -> Intent | None:
        """The intent both readers give, None where they differ."""
        if self.by_cues is None or self.strange_share > MOST_STRANGE:
            return None
        chances = self.guess.intents
        return self.by_cues if chances[self.by_cues] >= AGREES * chances[self.guess.best] else None

    @property
    def strange_share(self) -> float:
        """The share of the question's words that no example and no word list knows: another language, another topic."""
        words = re.findall(r"[a-z][a-z']+", self.masked)
        known = intent_language().words | slot_language().common | phrase_words()
        return sum(word not in known and word.rstrip("s") not in known for word in words) / max(1, len(words))

    @property
    def unread_time(self) -> str | None:
        """The words about time that nothing has read: the question may be about another time than was understood."""
        match = time_language().telling.search(self.question.left())
        return match[0] if match else None

    @property
    def unknown_thing(self) -> str | None:
        """What is counted that no example and no word list knows: `how many forklifts`."""
        match = slot_language().unsaid.search(self.masked)
        if match is None or match["noun"].startswith("q"):
            return None
        noun = match["noun"]
        known = slot_language().common | answerable_words() | words_of_slots() | words_of_time()
        return None if {noun, noun.rstrip("s"), f"{noun}s"} & known or not noun.endswith("s") else noun

    @property
    def is_strange(self) -> bool:
        """Whether the question holds unknown words and names nothing of the record."""
        things = {"qsource", "qclass", "qattribute", "qdetector", "qid", "qincident", "qperson", "qgroup"}
        words = set(self.masked.split())
        is_named = bool(words & things) or re.search(rf"\b(?:{slot_language().rows})\b", self.masked) is not None
        return self.strange_share > MOST_STRANGE and not is_named and self.slots.figure is None

    @property
    def likely(self) -> list[Intent]:
        """The intents to offer, likeliest first."""
        ranked = [self.by_cues] if self.by_cues else []
        ranked += [intent for intent in self.guess.intents if intent not in ranked]
        return [intent for intent in ranked if intent not in NO_TOOL][:MOST_CHOICES]

    @property
    def is_far(self) -> bool:
        """Whether the question is like nothing the record can answer."""
        return self.guess.best is Intent.UNKNOWN or self.guess.intents[self.guess.best] < FAR


def look(text: str, context: ToolContext, known: KnownNames) -> Looked:
    """Read a question's slots and let both readers say what it wants; raise WindowError."""
    question = Question(with_times_corrected(normal(text, known), known))
    places = read_names(question, known)
    threshold = take_threshold(question)
    counted = _take_counted_before(question)
    times = take_times(question)
    read_misspelled(question, known, places)
    resolved = resolve_times(times, places.sources, context, known.first)
    times, resolved = _timely(times, resolved)
    _open_ends(times, resolved)
    _since_then(question, times, resolved, context)
    _as_long(question, resolved)
    _same_shift(times, resolved, context)
    _clocks_of_the_day(times, resolved, context)
    plain = NUMBERS.sub("qnumber", question.masked())
    shape = read_shape(question, known)
    shape.key = shape.key or places.several
    masked = corrected(NUMBERS.sub("qnumber", question.masked()))
    if len(resolved) == 1:
        resolved += _before(question, times[0], resolved[0], context, counted)
    slots = replace(_slots(places, times, resolved, shape), threshold=threshold)
    cue, reader = read_by_cues(masked), learned_reader(context.settings.storage.data_dir)
    return Looked(
        question=question,
        places=places,
        shape=shape,
        slots=slots,
        times=tuple(times),
        masked=masked,
        by_cues=cue,
        guess=reader.guess(plain, (*name_signals(plain), *rule_signals(cue, shape))),
    )


def shaped(intent: Intent, slots: Slots) -> Reading:
    """Fit an intent to its slots: counts with a group are groups, a status with no source is everybody's."""
    if intent is Intent.TREND and _goes_back(slots.windows):
        intent = Intent.COMPARE
    if intent is not Intent.COMPARE:
        slots = with_one_window(slots)
    if slots.ids and intent is not Intent.SIMILAR:
        intent = Intent.DETAIL
    elif slots.group_by == "reviewer" or (slots.person and intent in {Intent.COUNT, Intent.GROUP, Intent.TOP}):
        return Reading(Intent.LABELS, slots)
    if intent in {Intent.COUNT, Intent.LIST} and slots.group_by:
        intent = Intent.GROUP
    if intent is Intent.GROUP and not slots.group_by:
        intent = Intent.COUNT
    if intent is Intent.GROUP and slots.group_by == "source":
        intent = Intent.TOP if slots.limit else Intent.GROUP
    if intent is Intent.HEALTH and slots.sources and not slots.windows:
        intent = Intent.DETECTOR
    if intent is Intent.COMPARE and not _is_pair(slots):
        intent = Intent.TREND
    return Reading(intent, slots)


def _timely(times: list[TimeWords], resolved: list[TimeReading]) -> tuple[list[TimeWords], list[TimeReading]]:
    """Leave out times that have not come, and all time, where there are others: a meeting on Tuesday is no window."""
    kept = [at for at, one in enumerate(resolved) if not one.is_future and not one.is_all]
    if not kept or len(kept) == len(resolved):
        return times, resolved
    return [times[at] for at in kept], [resolved[at] for at in kept]


def _open_ends(times: list[TimeWords], resolved: list[TimeReading]) -> None:
    """Read `since monday ... until yesterday noon` and `in april until the 12th` as one window, in any order."""
    kinds = {words.kind for words in times}
    if len(times) != PAIR or not kinds & OPEN_ENDS or not kinds <= OPEN_ENDS | LONG or kinds == {"before"}:
        return
    one, other = (reading.window for reading in resolved)
    start, end = max(one.start, other.start), min(one.end, other.end)
    if start < end:
        words = " ".join(sorted(words.text for words in times))
        resolved[:] = [replace(resolved[0], window=replace(one, start=start, end=end), words=words)]
        times[:] = [replace(times[0], text=words)]


def _as_long(question: Question, resolved: list[TimeReading]) -> None:
    """Cut `last week` to the days `this week` has had, where the same stretch of it is meant."""
    if len(resolved) == PAIR and slot_language().same_stretch.search(question.text):
        one, other = (reading.window for reading in resolved)
        end = min(other.end, other.start + (one.end - one.start))
        resolved[1] = replace(resolved[1], window=replace(other, end=end))


def _since_then(question: Question, times: list[TimeWords], resolved: list[TimeReading], context: ToolContext) -> None:
    """Read `we cleaned the lens on 20 april: how many since then` as since that day."""
    if len(times) == 1 and slot_language().since_then.search(question.text) and times[0].kind not in OPEN_ENDS:
        window = replace(resolved[0].window, end=context.now)
        resolved[:] = [replace(resolved[0], window=window)]
        times[:] = [replace(times[0], kind="since", text=f"since {times[0].text}")]


def _clocks_of_the_day(times: list[TimeWords], resolved: list[TimeReading], context: ToolContext) -> None:
    """Read `on Monday: how many between 8 and 10` as of Monday between 8 and 10, wherever the words stand."""
    if len(times) != PAIR or {words.kind == "day" for words in times} != {True, False}:
        return
    day, clocks = sorted(times, key=lambda words: words.kind != "day")
    at = times.index(clocks)
    if clocks.kind not in FIRM:
        return
    found = find_times(f"{day.text.removeprefix('on ')} {clocks.text}")
    if len(found) == 1 and found[0].kind != "day":
        zone, shifts = resolved[at].window.time_zone, context.settings.shifts.starts
        resolved[:] = [resolve(found[0], now=context.now, zone=zone, shifts=shifts)]
        times[:] = found


def _same_shift(times: list[TimeWords], resolved: list[TimeReading], context: ToolContext) -> None:
    """Read `monday's night shift ... than sunday's` as of two shifts of one name."""
    if len(times) != PAIR or times[0].kind != "shift" or times[1].kind != "day" or not times[0].groups.get("name"):
        return
    found = find_times(f"{times[0].groups['name']} shift of {times[1].text}")
    if found and found[0].kind == "shift":
        zone, shifts = resolved[1].window.time_zone, context.settings.shifts.starts
        resolved[1] = resolve(found[0], now=context.now, zone=zone, shifts=shifts)


def _take_counted_before(question: Question) -> re.Match[str] | None:
    """Take `against the 30 days before` out of a question, which no time of its own is."""
    match = slot_language().counted_before.search(question.rest)
    if match is not None:
        question.cover(match.start("number"), match.end(), "qwindow")
    return match


def _before(
    question: Question, words: TimeWords, found: TimeReading, context: ToolContext, counted: re.Match[str] | None
) -> list[TimeReading]:
    """Return the window before the only one named, where it is spoken of: `was yesterday worse than the day before`."""
    if counted is not None:
        calendar = Calendar(context.now, found.window.time_zone)
        start = calendar.back(found.window.start, int(counted["number"]), counted["unit"].rstrip("s"))
        return [TimeReading(calendar.window(start, found.window.start), counted[0])]
    match = slot_language().than_before.search(question.rest)
    if match is None:
        return []
    unit = match[1] or next((one for one in ("day", "week", "month", "year", "shift") if one in words.text), None)
    return [TimeReading(window_before(found.window, unit, context.settings.shifts.starts), match[0])]


def _goes_back(windows: tuple[str, ...]) -> bool:
    """Whether a time is held against an earlier one: `worse? take last week against the week before`."""
    return len(windows) == PAIR and windows[1] < windows[0]


def _is_pair(slots: Slots) -> bool:
    return max(map(len, (slots.windows, slots.sources, slots.detectors, slots.defect_classes, slots.sides))) >= PAIR


def _slots(places: Places, times: list[TimeWords], resolved: list[TimeReading], shape: Shape) -> Slots:
    slots = Slots(
        windows=tuple(span_text(one.window) for one in resolved),
        spoken=tuple(spoken_text(words) for words in times),
        firm=tuple(words.kind in FIRM for words in times),
        is_future=any(one.is_future for one in resolved),
        sources=tuple(places.sources),
        excluded_sources=tuple(places.excluded_sources),
        ids=tuple(places.ids),
        incident=places.incident,
        detectors=tuple(places.detectors),
        defect_classes=tuple(places.defect_classes),
        attributes=dict(places.attributes),
        sides=tuple(places.sides),
        person=places.person,
    )
    return replace(
        slots,
        figure=shape.figure,
        labels=shape.labels,
        excluded_labels=shape.excluded_labels,
        group_by=shape.group_by,
        attribute=shape.attribute,
        limit=shape.limit,
        order="worst" if shape.is_ranked and shape.order != "fewest" else shape.order,
        states=shape.states,
        min_ratio=shape.min_ratio,
        period=shape.period,
    )
