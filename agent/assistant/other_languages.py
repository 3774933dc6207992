"""A question in a language that is not read here, told by its letters or its small words."""

import re
import unicodedata
from functools import cache

from agent.assistant.windows.language import read_words

WORD = re.compile(r"[^\W\d_]+(?:[-'\u2019][^\W\d_]+)*")
ENGLISH = frozenset(
    {"how", "many", "what", "which", "who", "when", "where", "why", "is", "are", "was", "were", "did", "does", "do"}
    | {"has", "the", "of", "on", "at", "for", "from", "since", "last", "show", "me", "list", "and", "today", "week"}
    | {"yesterday", "this", "that", "any", "all", "worst", "there", "compare", "with", "between", "by", "per", "it"}
    | {"please", "give"}
)
FEWEST_WORDS = 2
MOSTLY = 0.5
LATIN = "LATIN"
ONLY_ENGLISH = "I read English only so far."
PLEASE_ASK = "Please ask in English, for example: How many anomalies were there yesterday?"


def answer_to_other_language(text: str) -> str | None:
    """Return what is said to a question in another language, in that language where it is known; None for English."""
    letters = [character for character in text if character.isalpha()]
    if letters and sum(not unicodedata.name(one, LATIN).startswith(LATIN) for one in letters) > MOSTLY * len(letters):
        return f"{ONLY_ENGLISH} {PLEASE_ASK}"
    words = [word.casefold().replace("\u2019", "'") for word in WORD.findall(text)]
    english = sum(word in ENGLISH for word in words)
    counts = {name: sum(word in known for word in words) for name, (known, _) in _languages().items()}
    best = max(counts, key=lambda name: counts[name])
    if counts[best] < FEWEST_WORDS or counts[best] <= english:
        return None
    return f"{_languages()[best][1]} {ONLY_ENGLISH} {PLEASE_ASK}"


@cache
def _languages() -> dict[str, tuple[frozenset[str], str]]:
    words = read_words("other_languages")
    return {name: (frozenset(map(str, one["words"])), str(one["reply"])) for name, one in words.items()}
