"""Typing slips in common words, put right before the readers look."""

import re
from collections.abc import Callable
from functools import lru_cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.language import counted_nouns, intent_language, phrase_words, slot_language, words_of_slots
from agent.assistant.reading.sentences import sentence_encoder
from agent.assistant.windows.language import words_of_time

SHORTEST = 5
NEAR = 82.0
NEAR_SHAPE = 86.0
# Short words of time, of which one slip makes no other word.
SHORT_TIMES = ("today", "week", "weeks", "last", "days", "month", "shift")


def corrected(masked: str) -> str:
    """Return a masked question with long unknown words replaced by a very near known one."""
    return re.sub(r"[a-z]{5,}", lambda match: _nearest(match[0]), masked)


def with_times_corrected(text: str, known: KnownNames) -> str:
    """Return a question with slips in words of time put right: `yestrday` unread would be all time."""
    values = (value for several in known.values.values() for value in several)
    names = " ".join((*known.sources, *known.defect_classes, *known.attributes, *known.people, *values)).lower()
    kept = frozenset(re.findall(r"[a-z]+", names))
    said = re.compile(r"(?<![\w-])[A-Za-z]{3,}(?![\w-])")
    return said.sub(lambda match: _as_time(match[0], kept, lambda: _stands_by_time(text, match)), text)


def _stands_by_time(text: str, match: re.Match[str]) -> bool:
    """Whether the word before or behind is one of time too, or a slip of one: `lst wek`, and no `weak weld`."""
    beside = (*text[: match.start()].lower().split()[-1:], *text[match.end() :].lower().split()[:1])
    words = [word for one in beside if (word := re.sub(r"[^a-z0-9]", "", one))]
    return any(word.isdigit() or word in words_of_time() or word in SHORT_TIMES or _short_time(word) for word in words)


def _as_time(said: str, kept: frozenset[str], is_timed: Callable[[], bool]) -> str:
    word = said.lower()
    if word in kept or word.rstrip("s") in kept:
        return said
    if len(word) < SHORTEST:
        meant = _short_time(word)
        return meant if meant and is_timed() else _one_slip(word) or said
    return _nearest_time(word) or _nearest_shape(word) or (not said[0].isupper() and _one_slip(word)) or said


@lru_cache(maxsize=4096)
def _short_time(word: str) -> str | None:
    """Return the short word of time a slip was meant for: `lst wek`; None where it may be another word."""
    known = words_of_time() | words_of_slots() | phrase_words() | intent_language().words | slot_language().common
    if word in known or word.rstrip("s") in known:
        return None
    near = [one for one in SHORT_TIMES if one[0] == word[0] and OSA.distance(word, one) == 1]
    return near[0] if len(near) == 1 else None


@lru_cache(maxsize=4096)
def _nearest_time(word: str) -> str | None:
    if word in words_of_time() or word in _vocabulary() or word in words_of_slots() or word in counted_nouns():
        return None  # welds are no wednesdays
    found = process.extractOne(word, words_of_time(), scorer=fuzz.ratio, score_cutoff=NEAR)
    return found[0] if found and found[0][0] == word[0] and len(found[0]) >= SHORTEST - 1 else None


@lru_cache(maxsize=4096)
def _one_slip(word: str) -> str | None:
    """Return the word one slip away from what is no word at all: `sinse`, `mrch`, `defcts`; None where two are."""
    known = _every_word()
    if len(word) < SHORTEST - 1 or word in known or word.rstrip("s") in known or sentence_encoder().is_word(word):
        return None
    near = [one for one in known if one[0] == word[0] and abs(len(one) - len(word)) < 2]  # noqa: PLR2004 - one letter
    found = [one for one in near if len(one) >= SHORTEST - 1 and OSA.distance(word, one, score_cutoff=1) == 1]
    longer = [one for one in found if len(one) > len(word)]  # a letter left out is the commonest slip
    return found[0] if len(found) == 1 else longer[0] if len(longer) == 1 else None


@lru_cache
def _every_word() -> frozenset[str]:
    return words_of_time() | words_of_slots() | intent_language().words | slot_language().common | phrase_words()


@lru_cache(maxsize=4096)
def _nearest_shape(word: str) -> str | None:
    """Return the word that narrows a question that was meant by one nobody knows: `confirmd`."""
    if word in _vocabulary() or word in words_of_slots() or word in phrase_words():
        return None
    found = process.extractOne(word, slot_language().narrowing, scorer=fuzz.ratio, score_cutoff=NEAR_SHAPE)
    return found[0] if found and found[0][0] == word[0] else None


@lru_cache(maxsize=4096)
def _nearest(word: str) -> str:
    known = _vocabulary()
    if word in known or word.startswith("q") or sentence_encoder().is_word(word):
        return word
    letters = sorted(word)
    swapped = [one for one in known if one[0] == word[0] and sorted(one) == letters and OSA.distance(one, word) == 1]
    if len(swapped) == 1:
        return swapped[0]
    found = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=NEAR)
    return found[0] if found and found[0][0] == word[0] else word


@lru_cache
def _vocabulary() -> frozenset[str]:
    words = intent_language().words | slot_language().common
    return frozenset(word for word in words if len(word) >= SHORTEST)
