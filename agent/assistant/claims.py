"""How a language says numbers and claims in an answer, read from its file and compiled."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from agent.assistant.windows.language import read_words

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class ClaimLanguage:
    """Words of claims.

    A figure is a pattern of its noun and the keys of tools' figures it may name; a qualifier narrows it to others.
    """

    numbers: dict[str, int]
    scales: dict[str, int]
    suffixes: dict[str, int]
    pairs: dict[str, int]
    crowds: Pattern
    shares: tuple[tuple[float, Pattern], ...]
    times: tuple[tuple[float, Pattern], ...]
    figures: tuple[tuple[str, frozenset[str]], ...]
    qualifiers: tuple[tuple[str, frozenset[str]], ...]
    nothing: Pattern
    all_fine: Pattern
    no_data: Pattern
    up: Pattern
    down: Pattern
    changes: tuple[str, ...]
    acted: Pattern
    done: Pattern
    by_whom: Pattern
    who_did: str
    nobody: frozenset[str]
    capitals: frozenset[str]
    places: str
    hyphened: frozenset[str]
    other_numbers: Pattern
    weekdays: tuple[str, ...]


@lru_cache
def claim_language(name: str = "english") -> ClaimLanguage:
    """Return the claims of a language."""
    words: dict[str, Any] = read_words(f"{name}_claims")
    patterns = ("crowds", "nothing", "all_fine", "no_data", "up", "down", "done", "other_numbers")
    fields: dict[str, Any] = {name: edged(words[name]) for name in patterns}
    fields |= {name: frozenset(words[name]) for name in ("nobody", "capitals", "hyphened")}
    return ClaimLanguage(
        numbers=words["numbers"],
        scales=words["scales"],
        suffixes=words["suffixes"],
        pairs=words["pairs"],
        who_did=words["who_did"],
        places=words["places"],
        acted=edged(words["acted"], 0),
        by_whom=re.compile(rf"\b{words['by_whom']}"),
        shares=tuple((share, edged(say)) for share, say in words["shares"]),
        times=tuple((times, edged(say)) for times, say in words["times"]),
        figures=tuple((say, frozenset(keys)) for say, keys in words["figures"]),
        qualifiers=tuple((say, frozenset(keys)) for say, keys in words["qualifiers"]),
        changes=tuple(words["changes"]),
        weekdays=tuple(words["weekdays"]),
        **fields,
    )


def edged(say: str, flags: int = re.IGNORECASE | re.MULTILINE) -> Pattern:
    """Compile a pattern that starts and ends at the edges of words."""
    return re.compile(rf"(?<!\w)(?:{say})(?!\w)", flags)
