"""Of which source an image is, by the words that came with it: read from the names there are, typos and all."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from agent.assistant.tools.names import exact, same_digits, simplified

WORD = re.compile(r"[^\s,;:!?()\"'\u2019]+")
# What could be the name of a source that nothing has: it has a digit, or parts, and stands where a source would.
SAID_AS_A_SOURCE = re.compile(
    r"\b(?:for|on|from|of|at|in)\s+(?:the\s+|our\s+|source\s+)*"
    r"(?=[\w.-]*[a-z])([\w.-]*\d[\w.-]*|\w+[-_]\w[\w.-]*)"
)
# A question about the record, whatever is attached to it.
OF_THE_RECORD = re.compile(
    r"(?:how (?:many|much|often|long)|which|when|who|list|count|what if|compare)\b", re.IGNORECASE
)
OF_THE_IMAGE = re.compile(
    r"\b(?:attached|is (?:this|it|that)|th(?:is|at|ese|ose) (?:one|image|picture|photo|part|file)s?|normal|okay|ok)\b",
    re.IGNORECASE,
)
# Asked in the thread of an image, without one: whether that is normal.
IF_NORMAL = re.compile(
    r"\b(?:this|that|it|these|those|they|one|part|image|picture|photo)s?\b.*"
    r"\b(?:normal|anomalous|odd|okay|ok|fine|good|defects?|defective)\b",
    re.IGNORECASE,
)
LONGEST_NAME_WORDS = 3
TYPO, SHORTEST_TYPO = 80.0, 4
Meant = Callable[[str, Sequence[str]], str | None]


@dataclass(frozen=True, slots=True)
class Named:
    """The sources a text names, and a name said like a source's that no source has."""

    sources: tuple[str, ...]
    unknown: str | None = None


def asks_of_the_image(text: str) -> bool:
    """Say whether words that came with a file ask about it, rather than about the record."""
    return OF_THE_RECORD.match(text.strip()) is None or OF_THE_IMAGE.search(text) is not None


def asks_if_normal(text: str) -> bool:
    """Say whether words in an image's thread ask if it is normal."""
    return OF_THE_RECORD.match(text.strip()) is None and IF_NORMAL.search(text) is not None


def named_sources(text: str, known: Sequence[str]) -> Named:
    """Return the sources a text names, each once, in its order."""
    words = [word.rstrip(".") for word in WORD.findall(text)]
    found = _found(words, known, exact) or _found(words, known, _nearly)
    if found:
        return Named(tuple(found))
    said = SAID_AS_A_SOURCE.search(text.lower())
    return Named((), said[1].rstrip(".") if said else None)


def _found(words: Sequence[str], known: Sequence[str], meant: Meant) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(words):
        for size in range(min(LONGEST_NAME_WORDS, len(words) - at), 0, -1):
            name = meant(" ".join(words[at : at + size]), known)
            if name is not None:
                found += [name] if name not in found else []
                at += size - 1
                break
        at += 1
    return found


def _nearly(said: str, known: Sequence[str]) -> str | None:
    wanted = simplified(said)
    if len(wanted) < SHORTEST_TYPO:
        return None
    near = [name for name in known if same_digits(wanted, simplified(name)) and wanted[0] == simplified(name)[:1]]
    best = max(near, key=lambda name: fuzz.ratio(wanted, simplified(name)), default=None)
    return best if best is not None and fuzz.ratio(wanted, simplified(best)) >= TYPO else None
