"""What the tool results of one run hold: numbers, named figures, names, dates and times."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agent.assistant.tools.result import ToolResult

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE)
DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.)? (?:of )?{MONTH}(?:,? (\d{{4}}))?\b", re.IGNORECASE)
MONTH_DAY = re.compile(rf"\b{MONTH} (\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:)(?:,? (\d{{4}}))?\b", re.IGNORECASE)
MONTH_YEAR = re.compile(rf"\b{MONTH} (\d{{4}})\b", re.IGNORECASE)
DOTTED = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})?")
CLOCK = re.compile(r"\b(\d{1,2}):(\d\d)(?::\d\d)?(?: ?([ap])\.?m\.?)?|\b(\d{1,2}) ?([ap])\.?m\b", re.IGNORECASE)
SPAN = re.compile(r"[\dTZ:.+-]+/[\dTZ:.+-]+")
HALF_DAY = 12
DIGITS_OF_A_FLOAT = 9


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything an answer may say."""

    numbers: frozenset[float]
    figures: dict[str, frozenset[float]]
    names: tuple[str, ...]
    days: frozenset[tuple[int, int, int]]
    clocks: frozenset[tuple[int, int]]
    text: str

    def has(self, value: float, digits: int) -> bool:
        """Say whether a number, written with so many decimals, is one of the results'."""
        if digits == 0:
            return value in self.numbers
        return any(round(number, digits) == value for number in self.numbers)

    def has_share(self, percent: float, digits: int) -> bool:
        """Say whether a percentage is one of the results' shares, or a number of theirs as it stands."""
        if any(round(number * 100, digits) == percent for number in self.numbers if 0 <= number <= 1):
            return True
        is_rise = any(round(abs(number) * 100, digits) == percent for number in self.figures.get("change_share", ()))
        return is_rise or (digits > 0 and self.has(percent, digits))

    def without_names(self, text: str) -> str:
        """Take the results' names, such as `line-1`, out of a text."""
        for name in self.names:
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-]|\.\d)", " ", text, flags=re.IGNORECASE)
        return text

    def without_dates(self, text: str) -> str:
        """Take dates and times of day that the results hold out of a text; others stay, to be found as numbers."""
        text = ISO.sub(self._iso, text)
        text = DAY_MONTH.sub(lambda match: self._day(match, match[1], match[2], match[3]), text)
        text = MONTH_DAY.sub(lambda match: self._day(match, match[2], match[1], match[3]), text)
        text = MONTH_YEAR.sub(self._month, text)
        text = DOTTED.sub(lambda match: self._day(match, match[1], MONTHS[int(match[2]) % 12 - 1], match[3]), text)
        return CLOCK.sub(self._clock, text)

    def _iso(self, match: re.Match[str]) -> str:
        is_day = (int(match[1]), int(match[2]), int(match[3])) in self.days
        is_clock = match[4] is None or (int(match[4]), int(match[5])) in self.clocks
        return " " if is_day and is_clock else match[0]

    def _day(self, match: re.Match[str], day: str, month: str, year: str | None) -> str:
        wanted = (MONTHS.index(month[:3].lower()) + 1, int(day))
        years = {held[0] for held in self.days if held[1:] == wanted}
        return " " if years and (year is None or int(year) in years) else match[0]

    def _month(self, match: re.Match[str]) -> str:
        wanted = (int(match[2]), MONTHS.index(match[1][:3].lower()) + 1)
        return " " if any(held[:2] == wanted for held in self.days) else match[0]

    def _clock(self, match: re.Match[str]) -> str:
        hour, minute, half = int(match[1] or match[4]), int(match[2] or 0), (match[3] or match[5] or "").lower()
        if half:
            hour = hour % HALF_DAY + (HALF_DAY if half == "p" else 0)
        return " " if (hour, minute) in self.clocks else match[0]


def ground_of(results: Sequence[ToolResult]) -> Ground:
    """Gather what the results hold."""
    numbers: set[float] = set()
    figures: dict[str, set[float]] = {}
    names: set[str] = set()
    moments: list[datetime] = []
    for result in results:
        values = {"parameters": result.parameters, "data": result.data, "facts": [f.as_json() for f in result.facts]}
        zones = _zones(result)
        for key, value in _leaves(values):
            if isinstance(value, bool) or value is None:
                continue
            if isinstance(value, int | float):
                _add_number(numbers, figures, key, float(value))
            else:
                _add_text(str(value), names, moments, zones)
        for moment in [result.window.start, result.window.end] if result.window else []:
            moments += [moment.astimezone(zone) for zone in zones]
            moments += [moment.astimezone(zone) - timedelta(microseconds=1) for zone in zones]
        names |= set(result.ids)
    return Ground(
        numbers=frozenset(numbers),
        figures={key: frozenset(held) for key, held in figures.items()},
        names=tuple(sorted(names, key=len, reverse=True)),
        days=frozenset((moment.year, moment.month, moment.day) for moment in moments),
        clocks=frozenset((moment.hour, moment.minute) for moment in moments if moment.microsecond != 999_999),  # noqa: PLR2004 - the day before an end
        text=json.dumps([result.as_json() for result in results], ensure_ascii=False),
    )


def _add_number(numbers: set[float], figures: dict[str, set[float]], key: str, value: float) -> None:
    held = {value, abs(value), round(value, DIGITS_OF_A_FLOAT)}
    numbers |= held
    figures.setdefault(key, set()).update(held)


def _add_text(text: str, names: set[str], moments: list[datetime], zones: list[ZoneInfo]) -> None:
    if SPAN.fullmatch(text):
        for part in text.split("/"):
            _add_text(part, names, moments, zones)
        return
    match = ISO.match(text)
    if match is None:
        if any(character.isalpha() for character in text):  # a name of digits alone would let its number pass
            names.add(text)
        return
    if match[4] is None:
        moments.append(datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC))
        return
    moment = datetime.fromisoformat(match[0])
    moments += [moment] if moment.tzinfo is None else [moment.astimezone(zone) for zone in zones]


def _zones(result: ToolResult) -> list[ZoneInfo]:
    named = {result.window.time_zone} if result.window else set()
    named |= {str(value) for value in (result.data.get("time_zone"), result.parameters.get("time_zone")) if value}
    return [ZoneInfo(name) for name in sorted({*named, "UTC"})]


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, str(name))
            yield from [("", str(name))] if not str(name).isidentifier() else []
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner, key)
    else:
        yield key, value
