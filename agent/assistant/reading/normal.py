"""A question in the words the readers know: abbreviations and greetings put away, clocks with their half of the day."""

import re
from collections.abc import Callable
from functools import lru_cache

from agent.assistant.reading.known import KnownNames
from agent.assistant.windows.language import read_words

NOON = 12
LATE = {"afternoon", "evening", "night"}
JOINED = r"(?P<a>\d{1,2}(?::\d\d)?) ?(?P<and>and|to|till|until|-) ?"
SPOKEN = re.compile(
    rf"(?<![\w:.-])(?:{JOINED})?(?P<b>\d{{1,2}}(?::\d\d)?) (?:o'?clock )?(?P<which>this|in the|yesterday|last) "
    r"(?P<part>morning|afternoon|evening|night)(?!\w)",
    re.IGNORECASE,
)
DAYS = {"this": " today", "in the": "", "yesterday": " yesterday", "last": " yesterday"}


def normal(text: str, known: KnownNames) -> str:
    """Return a question in plainer words; what belongs to a name stays."""
    kept = frozenset(
        re.findall(
            r"[a-z0-9]+", " ".join((*known.sources, *known.defect_classes, *known.people, *known.attributes)).lower()
        )
    )
    for pattern, instead in _rules():
        text = " ".join(pattern.sub(_unless_named(instead, kept), text).split())
    return SPOKEN.sub(_clocked, text)


def _unless_named(instead: str, kept: frozenset[str]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        words = re.findall(r"[a-z0-9]+", match[0].lower())
        return match[0] if len(words) == 1 and words[0] in kept else match.expand(instead)

    return replace


def _clocked(match: re.Match[str]) -> str:
    """Write `1 and 5 this morning` as `01:00 and 05:00 today`."""
    part = match["part"].lower()
    first = f"{_clock(match['a'], part)} {match['and']} " if match["a"] else ""
    return f"{first}{_clock(match['b'], part)}{DAYS[match['which'].lower()]}"


def _clock(text: str, part: str) -> str:
    hour, _, minute = text.partition(":")
    late = NOON if part in LATE and int(hour) < NOON and not (part == "night" and int(hour) < NOON // 2) else 0
    return f"{(int(hour) + late) % 24:02d}:{minute or '00'}"


@lru_cache
def _rules(name: str = "english") -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(say, re.IGNORECASE), instead) for say, instead in read_words(f"{name}_synonyms")["rules"])
