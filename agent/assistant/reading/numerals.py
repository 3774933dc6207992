"""Numbers, days of a month and clocks said in words, as digits: `march the twenty fifth`, `half past five`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from agent.assistant.windows.language import read_words

NOON = 12
TEEN_ENDINGS = {11, 12, 13}


@dataclass(frozen=True, slots=True)
class Numerals:
    """What words of numbers mean, and how they are put together."""

    numbers: dict[str, int]
    endings: dict[int, str]
    minutes: dict[str, int]
    before: frozenset[str]
    dozens: dict[str, int]
    dozen: int
    rules: tuple[tuple[str, re.Pattern[str]], ...]


@lru_cache
def numerals(name: str = "english") -> Numerals:
    """Return the number words of a language."""
    words = read_words(f"{name}_numerals")
    return Numerals(
        numbers=words["numbers"] | words["tens"] | words["ordinals"],
        endings=words["endings"],
        minutes=words["minutes"],
        before=frozenset(words["before"]),
        dozens=words["dozens"],
        dozen=words["dozen"],
        rules=tuple((kind, _pattern(text, words["lists"])) for kind, text in words["rules"]),
    )


def _pattern(text: str, lists: dict[str, str]) -> re.Pattern[str]:
    for slot, either in lists.items():
        text = text.replace(f"{{{slot}}}", either if either.startswith("(?=") else f"(?:{either})")
    return re.compile(rf"(?<![\w-]){text}", re.IGNORECASE)


def with_digits(text: str) -> str:
    """Write days of a month, amounts and clock times said in words in digits; other words stay as they are."""
    for kind, pattern in numerals().rules:
        text = pattern.sub(WRITERS[kind], text)
    return text


def _value(words: str) -> int:
    known = numerals().numbers
    return int(words) if words.isdigit() else sum(known.get(part, 0) for part in re.split(r"[- ]", words.lower()))


def _said(match: re.Match[str], name: str) -> str:
    return match.groupdict().get(name) or ""


def _nth(match: re.Match[str]) -> str:
    value, endings = _value(match["nth"]), numerals().endings
    ending = endings[0] if value in TEEN_ENDINGS else endings.get(value % 10, endings[0])
    return f"{_said(match, 'before')}{value}{ending}{_said(match, 'after')}"


def _number(match: re.Match[str]) -> str:
    return str(_value(match[0]))


def _dozens(match: re.Match[str]) -> str:
    return str(numerals().dozens.get(_said(match, "many").lower(), numerals().dozen))


def _past(match: re.Match[str]) -> str:
    """Write `quarter past six` as `6:15` and `twenty to nine` as `8:40`."""
    minutes, hour = numerals().minutes[match["minutes"].lower()], _value(match["hour"])
    if match["side"].lower() in numerals().before:
        minutes, hour = 60 - minutes, (hour - 2) % NOON + 1
    return f"{_said(match, 'lead')}{hour}:{minutes:02d}"


def _half(match: re.Match[str]) -> str:
    return f"{match['lead']} {_value(match['hour'])}:30"


def _minuted(match: re.Match[str]) -> str:
    return f"{match['lead']} {_value(match['hour'])}:{_value(match['minute']):02d}"


def _hour(match: re.Match[str]) -> str:
    return f"{_said(match, 'lead')}{_value(match['hour'])}"


def _hundred(match: re.Match[str]) -> str:
    return f"{_value(match['hour']):02d}:00"


def _military(match: re.Match[str]) -> str:
    return f"{match['lead']} {match['hour']}:{match['minute']}"


def _military_span(match: re.Match[str]) -> str:
    return f"{match['hour']}:{match['minute']} {match['and']} {match['until']}:{match['until_minute']}"


WRITERS: dict[str, Callable[[re.Match[str]], str]] = {
    "nth": _nth,
    "number": _number,
    "dozens": _dozens,
    "past": _past,
    "half": _half,
    "minuted": _minuted,
    "hour": _hour,
    "hundred": _hundred,
    "military": _military,
    "military_span": _military_span,
}
