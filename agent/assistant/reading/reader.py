"""What the readers see in a question: its slots, by rules, and what it wants, by rules and by what was learned."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from agent.assistant.reading.asides import without_told
from agent.assistant.reading.cues import read_by_cues
from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.language import (
    answerable_words,
    counted_nouns,
    follow_up_language,
    intent_language,
    is_mask,
    noun_of,
    phrase_words,
    slot_language,
    words_of_slots,
)
from agent.assistant.reading.learned import Guess
from agent.assistant.reading.learning import learned_reader
from agent.assistant.reading.names import read_misspelled, read_names
from agent.assistant.reading.normal import normal
from agent.assistant.reading.places import Places
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
    with_one_window,
)
from agent.assistant.reading.times_together import FIRM, held_together, take_counted_before, the_one_before
from agent.assistant.reading.unknown_names import known_words
from agent.assistant.tools.context import ToolContext
from agent.assistant.windows.language import time_language, words_of_time
from agent.assistant.windows.reader import TimeReading, TimeWords

SEVERAL = "|".join(word for word, value in slot_language().numbers.items() if value > 1)  # `one` is no number
NUMBERS = re.compile(rf"(?<!\w)(?:\d+(?:\.\d+)?|{SEVERAL})(?!\w)")
A_SENTENCE = 5
NAMED = re.compile(r"\bq(?:class|id|incident|attribute|person|detector)\b")
AGREES = 0.5
FAR = 0.3
MOST_STRANGE = 0.3
MOST_CHOICES = 3
PAIR = 2
# What is told of one person, and what is told apart by people, is told of their labels.
OF_ONE = {Intent.COUNT, Intent.GROUP, Intent.TOP}
BY_PEOPLE = {Intent.COUNT, Intent.GROUP, Intent.TOP, Intent.LIST, Intent.SUMMARY, Intent.TREND}


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
    known_sources: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def has_slots(self) -> bool:
        """Whether the question names anything at all."""
        return replace(self.slots, action=None) != Slots()

    @property
    def has_slots_but_figure(self) -> bool:
        """Whether the question names anything but a figure."""
        return replace(self.slots, figure=None, labels=(), order=None, limit=None, states=(), action=None) != Slots()

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
        if match is None or (self.slots.windows and time_language().by_the_way.search(self.question.left())):
            return None
        return match[0]

    @property
    def unknown_thing(self) -> str | None:
        """What is counted that no example counts, where nothing is said of its being judged: `how many forklifts`."""
        match = slot_language().unsaid.search(self.masked)
        if match is None or slot_language().judged_of.search(self.masked):
            return None
        noun = noun_of(match["noun"])
        is_known = is_mask(noun) or not noun.endswith("s") or noun in counted_nouns() or noun == self.shape.key
        return None if is_known or noun.rstrip("s") in slot_language().common | words_of_time() else noun

    @property
    def unknown_key(self) -> str | None:
        """What images are asked to be told apart by, where none of them says so: `which lot` without lots."""
        match = slot_language().usual_keys.search(self.masked)
        return match["key"] if match and self.shape.key is None and self.by_cues not in NO_TOOL else None

    @property
    def is_an_unknown_word(self) -> bool:
        """Whether nothing is said but a word that nothing on record is called: `gaskets?` after housings."""
        said = {*re.findall(r"[\w'-]+", follow_up_language().filler.sub("", self.masked))}
        return bool(said) and said <= {*self.foreign} and self.slots == Slots()

    def is_of_another_thing(self, *, is_first: bool) -> bool:
        """Whether what is asked holds words that no question the record can answer holds: `paste viscosity on line-2`.

        One such word may be said by the way, so it counts where the question is like nothing on record anyhow.
        """
        if len(self.foreign) < PAIR and not (is_first and self.is_far):
            return False
        is_judged = NAMED.search(self.masked) or slot_language().judged_of.search(self.masked)
        return bool(self.foreign) and not is_judged and len(self.masked.split()) >= A_SENTENCE

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
    by_shift = _take_shifts(question)
    counted = take_counted_before(question)
    times = take_times(question)
    read_misspelled(question, known, places)
    resolved = resolve_times(times, places.sources, context, known.first)
    times, resolved = held_together(question, times, resolved, context)
    plain = NUMBERS.sub("qnumber", question.masked())
    shape = read_shape(question, known)
    shape.key, shape.group_by = shape.key or places.several, shape.group_by or by_shift
    if places.are_several_people and shape.group_by is None:
        shape.group_by = "reviewer"
    masked = corrected(NUMBERS.sub("qnumber", question.masked()))
    if len(resolved) == 1:
        resolved += the_one_before(question, times[0], resolved[0], context, counted)
    if shape.figure == "waiting" and slot_language().right_now.search(question.text):
        times, resolved = [], []
    slots = replace(_slots(places, times, resolved, shape), threshold=threshold)
    cue, asked = _cue(without_told(masked)), without_told(plain)
    reader = learned_reader(context.settings.storage.data_dir)
    return Looked(
        question=question,
        places=places,
        shape=shape,
        slots=slots,
        times=tuple(times),
        masked=masked,
        by_cues=cue,
        known_sources=known.sources,
        foreign=_foreign(masked, known),
        guess=reader.guess(asked, (*name_signals(asked), *rule_signals(cue, shape))),
    )


def _cue(masked: str) -> Intent | None:
    """Return the first cue; what was told before the question asks for nothing: `the crew changed. how many since`."""
    cue, (*told, asked) = read_by_cues(masked), re.split(r"[.:;]\s+", masked)
    if cue is not Intent.UNKNOWN or not told or slot_language().asks.search(told[-1]):
        return cue
    own = read_by_cues(asked)
    return own if own is not None and own is not Intent.CHANGE else cue


def _foreign(masked: str, known: KnownNames) -> tuple[str, ...]:
    """Return the longer words of a masked question that belong to no question the record can answer, nor to a name."""
    named, ordinary = known_words(known), _ordinary_words()
    said = re.findall(r"(?<![\w-])[a-z][a-z']{3,}(?![\w-])", masked)
    unmasked = (word for word in said if not is_mask(word))
    return tuple(one for one in unmasked if not any({one, one.rstrip("s")} & words for words in (named, ordinary)))


@lru_cache
def _ordinary_words() -> frozenset[str]:
    return answerable_words() | words_of_slots() | words_of_time() | intent_language().words | slot_language().common


def shaped(intent: Intent, slots: Slots) -> Reading:
    """Fit an intent to its slots: counts with a group are groups, a status with no source is everybody's."""
    if intent is Intent.TREND and _goes_back(slots.windows):
        intent = Intent.COMPARE
    if intent is not Intent.COMPARE:
        slots = with_one_window(slots)
    if slots.ids and intent is not Intent.SIMILAR:
        intent = Intent.DETAIL
    elif (intent in BY_PEOPLE and slots.group_by == "reviewer") or (intent in OF_ONE and slots.person):
        return Reading(Intent.LABELS, slots)
    if intent in {Intent.COUNT, Intent.LIST, Intent.SUMMARY} and slots.group_by:
        intent = Intent.GROUP
    if intent is Intent.GROUP and not slots.group_by:
        intent = Intent.COUNT
    if intent is Intent.GROUP and slots.group_by == "source":
        intent = Intent.TOP if slots.limit else Intent.GROUP
    if intent is Intent.HEALTH and slots.sources and not slots.windows:
        intent = Intent.DETECTOR
    if intent is Intent.COMPARE and not is_pair(slots):
        intent = Intent.TREND
    return Reading(intent, slots)


def _take_shifts(question: Question) -> str | None:
    """Take `early, late or night shift: where do most fall` for groups, before its words are read as a time."""
    match = slot_language().which_shifts.search(question.rest)
    if match is None or slot_language().where_most.search(question.rest) is None:
        return None
    question.cover(match.start(), match.end(), "qgroup")
    return "shift"


def _goes_back(windows: tuple[str, ...]) -> bool:
    """Whether a time is held against an earlier one: `worse? take last week against the week before`."""
    return len(windows) == PAIR and windows[1] < windows[0]


def is_pair(slots: Slots) -> bool:
    """Say whether two of anything are named."""
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
        min_score=shape.min_score,
        action=shape.action,
        period=shape.period,
    )
