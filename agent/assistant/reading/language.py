"""A language's words of narrowing and asking, read from its files and compiled."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from agent.assistant.windows.language import read_words

PATTERNS = ("than_before", "than_after", "counted_before", "together", "unsaid", "judged_of", "damage", "where_most")
PHRASE_WORD = re.compile(r"[a-z][a-z']+")
MASK_WORD = re.compile(r"q(?:source|window|class|attribute|id|incident|person|detector|group|number|threshold)s?")
NOT_ANSWERED = {"unknown", "change", "help"}


@dataclass(frozen=True, slots=True)
class Focus:
    """A figure a question is about, and the label it becomes as a filter."""

    figure: str
    label: str | None
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class SlotLanguage:
    """Words that narrow or shape a question."""

    numbers: dict[str, int]
    ordinals: dict[str, int]
    focus: tuple[Focus, ...]
    order: tuple[tuple[str, re.Pattern[str]], ...]
    rank_words: str
    rows: str
    group_lead: str
    groups: dict[str, str]
    adverbs: dict[str, str]
    which_most: str
    which_labels: re.Pattern[str]
    which_verdicts: re.Pattern[str]
    which_shifts: re.Pattern[str]
    which_people: re.Pattern[str]
    which_classes: re.Pattern[str]
    what_hour: re.Pattern[str]
    exclude: re.Pattern[str]
    threshold_ratio: re.Pattern[str]
    least_score: re.Pattern[str]
    usual_keys: re.Pattern[str]
    acts_on_record: tuple[tuple[str, re.Pattern[str]], ...]
    states: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]
    asks: re.Pattern[str]
    right_now: re.Pattern[str]
    unacknowledged: re.Pattern[str]
    all_labels: re.Pattern[str]
    than_before: re.Pattern[str]
    than_after: re.Pattern[str]
    counted_before: re.Pattern[str]
    together: re.Pattern[str]
    unsaid: re.Pattern[str]
    judged_of: re.Pattern[str]
    damage: re.Pattern[str]
    where_most: re.Pattern[str]
    periods: tuple[tuple[str, re.Pattern[str]], ...]
    place_lead: str
    place_nouns: str
    machines: str
    source_nouns: str
    all_sources: re.Pattern[str]
    since_then: re.Pattern[str]
    same_stretch: re.Pattern[str]
    comparing: re.Pattern[str]
    span: re.Pattern[str]
    narrowing: tuple[str, ...]
    sides: str
    name_lead: str
    no_name_after: str
    acts: str
    person_lead: str
    acted: str
    no_nouns: frozenset[str]
    common: frozenset[str]


@lru_cache
def slot_language(name: str = "english") -> SlotLanguage:
    """Return the slot words of a language."""
    words: dict[str, Any] = read_words(f"{name}_slots")
    patterns: dict[str, Any] = {key: word_pattern(words[key]) for key in PATTERNS}
    return SlotLanguage(
        numbers=words["numbers"],
        ordinals=words["ordinals"],
        focus=tuple(Focus(one["figure"], one.get("label"), word_pattern(one["say"])) for one in words["focus"]),
        order=tuple((kind, word_pattern(say)) for kind, say in words["order"]),
        rank_words=words["rank_words"],
        rows=words["rows"],
        group_lead=words["group_lead"],
        groups=words["groups"],
        adverbs=words["adverbs"],
        which_most=words["which_most"],
        which_labels=word_pattern(words["which_labels"]),
        which_verdicts=word_pattern(words["which_verdicts"]),
        which_shifts=word_pattern(words["which_shifts"]),
        which_people=word_pattern(words["which_people"]),
        which_classes=word_pattern(words["which_classes"]),
        what_hour=word_pattern(words["what_hour"]),
        exclude=re.compile(rf"(?:{words['exclude']})(?: (?:a|an|the|those|any|all|for|on))*\s*$"),
        threshold_ratio=word_pattern(words["threshold_ratio"]),
        least_score=word_pattern(words["least_score"]),
        usual_keys=word_pattern(words["usual_keys"]),
        acts_on_record=tuple((name, word_pattern(say)) for name, say in words["acts_on_record"].items()),
        states=tuple((tuple(names), word_pattern(say)) for names, say in words["states"]),
        asks=word_pattern(words["asks"]),
        right_now=word_pattern(words["right_now"]),
        unacknowledged=word_pattern(words["unacknowledged"]),
        all_labels=word_pattern(words["all_labels"]),
        **patterns,
        periods=tuple((name, word_pattern(say)) for name, say in words["periods"].items()),
        place_lead=words["place_lead"],
        place_nouns=words["place_nouns"],
        machines=words["machines"],
        source_nouns=words["source_nouns"],
        all_sources=word_pattern(words["all_sources"]),
        since_then=word_pattern(words["since_then"]),
        same_stretch=word_pattern(words["same_stretch"]),
        comparing=word_pattern(words["comparing"]),
        span=word_pattern(words["span"]),
        narrowing=tuple(str(word).lower() for word in words["narrowing"]),
        **{name: words[name] for name in ("sides", "name_lead", "no_name_after", "acts", "person_lead", "acted")},
        no_nouns=frozenset(words["no_nouns"]),
        common=frozenset(words["common"]),
    )


@dataclass(frozen=True, slots=True)
class FollowUpLanguage:
    """How a question goes on from the one before it."""

    lead: re.Pattern[str]
    pronoun: re.Pattern[str]
    subject: re.Pattern[str]
    bare: re.Pattern[str]
    whole: re.Pattern[str]
    more: re.Pattern[str]
    after: re.Pattern[str]
    before: re.Pattern[str]
    alone: re.Pattern[str]
    ever: re.Pattern[str]
    everyone: re.Pattern[str]
    both: re.Pattern[str]
    versus: re.Pattern[str]
    closest: re.Pattern[str]
    middle: re.Pattern[str]
    moves_on: re.Pattern[str]
    subjects: re.Pattern[str]
    own_subjects: dict[str, re.Pattern[str]]
    not_so_many: re.Pattern[str]
    enough: re.Pattern[str]
    all_classes: re.Pattern[str]
    side_alone: re.Pattern[str]
    most: re.Pattern[str]
    from_the_top: re.Pattern[str]
    same_again: re.Pattern[str]
    in_full: re.Pattern[str]
    thing: re.Pattern[str]
    picks: re.Pattern[str]
    of_them: re.Pattern[str]
    first_few: re.Pattern[str]
    asked_last: re.Pattern[str]
    swaps: re.Pattern[str]
    the_two: re.Pattern[str]
    set_now: re.Pattern[str]
    listed_alone: re.Pattern[str]
    its: re.Pattern[str]
    sets_to: re.Pattern[str]
    not_that: re.Pattern[str]
    not_this: re.Pattern[str]
    how_long_already: re.Pattern[str]
    each_person: re.Pattern[str]
    their_sum: re.Pattern[str]
    foretells: re.Pattern[str]
    goes_with_it: re.Pattern[str]
    calls_it: re.Pattern[str]
    acting: re.Pattern[str]
    acts_on: re.Pattern[str]
    ranked: re.Pattern[str]
    which_of: re.Pattern[str]
    not_just: re.Pattern[str]
    ranks_anomalies: re.Pattern[str]
    asks_list: re.Pattern[str]
    asks_one: re.Pattern[str]
    ranks: re.Pattern[str]
    of_anomalies: re.Pattern[str]
    ranks_on: re.Pattern[str]
    of_states: re.Pattern[str]
    supposed: re.Pattern[str]
    many_times: re.Pattern[str]
    in_it: re.Pattern[str]
    opens: re.Pattern[str]
    anomalies: re.Pattern[str]
    ranked_first: re.Pattern[str]
    counts: re.Pattern[str]
    since_then: re.Pattern[str]
    the_others: re.Pattern[str]
    no_groups: re.Pattern[str]
    clocks: re.Pattern[str]
    filler: re.Pattern[str]


@lru_cache
def follow_up_language(name: str = "english") -> FollowUpLanguage:
    """Return how a language goes on in a thread."""
    slots = slot_language(name)
    lists = {"{sides}": slots.sides, "{ordinals}": "|".join(slots.ordinals), "{counts}": "|".join(slots.numbers)}

    def written(say: str) -> re.Pattern[str]:
        for key, words in lists.items():
            say = say.replace(key, words)
        return re.compile(say)

    words = dict(read_words(f"{name}_follow_ups"))
    own_subjects = {intent: written(say) for intent, say in words.pop("own_subjects").items()}
    return FollowUpLanguage(own_subjects=own_subjects, **{key: written(say) for key, say in words.items()})


@lru_cache
def words_of_slots(name: str = "english") -> frozenset[str]:
    """Return every word the slot words of a language hold."""
    return frozenset(re.findall(r"[a-z]{4,}", str(read_words(f"{name}_slots"))))


def word_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern that starts and ends at the edges of words."""
    return re.compile(rf"(?<!\w)(?:{text})(?!\w)")


@dataclass(frozen=True, slots=True)
class IntentLanguage:
    """Cues in the order they are tried, and examples of every intent."""

    cues: tuple[tuple[str, re.Pattern[str]], ...]
    examples: tuple[tuple[str, str], ...]
    words: frozenset[str]


@lru_cache
def intent_language(name: str = "english") -> IntentLanguage:
    """Return the cues and examples of a language."""
    values: dict[str, Any] = read_words(f"{name}_intents")
    examples = tuple((intent, example) for intent, group in values["examples"].items() for example in group)
    return IntentLanguage(
        cues=tuple((intent, re.compile(say)) for intent, say in values["cues"]),
        examples=examples,
        words=frozenset(word for _, example in examples for word in example.split()),
    )


@dataclass(frozen=True, slots=True)
class PhraseWords:
    """The words of the example phrases: all, those of phrases the record can answer, and the nouns these count."""

    all: frozenset[str]
    answerable: frozenset[str]
    counted: frozenset[str]


@lru_cache
def words_of_phrases(name: str = "english") -> PhraseWords:
    """Return the words of a language's example phrases; the file is large, so it is read once."""
    phrases = read_words(f"{name}_phrases")
    answerable = [phrase["say"].lower() for phrase in phrases if phrase["is"] not in NOT_ANSWERED]
    counts = (slot_language(name).unsaid.search(said) for said in answerable)
    return PhraseWords(
        all=frozenset(PHRASE_WORD.findall(" ".join(phrase["say"] for phrase in phrases))),
        answerable=frozenset(PHRASE_WORD.findall(" ".join(answerable))),
        counted=frozenset(noun_of(match["noun"]) for match in counts if match),
    )


def phrase_words(name: str = "english") -> frozenset[str]:
    """Return every word of a language's example phrases."""
    return words_of_phrases(name).all


def counted_nouns(name: str = "english") -> frozenset[str]:
    """Return what the example phrases that the record can answer ask the number of."""
    return words_of_phrases(name).counted


def answerable_words(name: str = "english") -> frozenset[str]:
    """Return the words of those example phrases that the record can answer."""
    return words_of_phrases(name).answerable


def is_mask(word: str) -> bool:
    """Say whether a word of a masked question stands for a name, a time or a number."""
    return MASK_WORD.fullmatch(word) is not None


def noun_of(words: str) -> str:
    """Return the noun of `broken rails on`: the first word in plural or the first that was masked, else the first."""
    found = words.split()
    is_noun = (word for word in found if is_mask(word) or (word.endswith("s") and word not in slot_language().no_nouns))
    return next(is_noun, found[0])
