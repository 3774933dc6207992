"""Typing slips in common words, put right before the readers look."""

import re
from functools import lru_cache

from rapidfuzz import fuzz, process

from agent.assistant.reading.language import intent_language, slot_language

SHORTEST = 5
NEAR = 82.0


def corrected(masked: str) -> str:
    """Return a masked question with long unknown words replaced by a very near known one."""
    return re.sub(r"[a-z]{5,}", lambda match: _nearest(match[0]), masked)


@lru_cache(maxsize=4096)
def _nearest(word: str) -> str:
    known = _vocabulary()
    if word in known or word.startswith("q"):
        return word
    found = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=NEAR)
    return found[0] if found and found[0][0] == word[0] else word


@lru_cache
def _vocabulary() -> frozenset[str]:
    words = intent_language().words | slot_language().common
    return frozenset(word for word in words if len(word) >= SHORTEST)
