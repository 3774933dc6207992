"""Gather what the tool results of one run hold, and whose each number is."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agent.assistant.ground import DIGITS_OF_A_FLOAT, ISO, Ground, Row
from agent.assistant.tools.result import ToolResult

ISO_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
BARE_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
SPAN = re.compile(r"[\dTZ:.+-]+/[\dTZ:.+-]+")
OWN_SENTENCES = frozenset({"misses"})  # told by a tool in words of ours; anything else in words may be a stranger's
IDENTITIES = frozenset({"id", "source", "key", "detector", "incident", "person", "who", "reviewer", "author", "by"})
SHARE_KEY = re.compile(r"rate|share|p_value|similarity|change|low|high|precision|recall")
FACT_KEY = re.compile(r"(\w+)(?:\[(.+)\])?")


def ground_of(results: Sequence[ToolResult]) -> Ground:
    """Gather what the results hold."""
    gathering = _Gathering()
    for result in results:
        gathering.add(result)
    return gathering.ground(json.dumps([result.as_json() for result in results], ensure_ascii=False).lower())


class _Gathering:
    """What was found so far in the results."""

    def __init__(self) -> None:
        self.numbers: set[float] = set()
        self.figures: dict[str, set[float]] = {}
        self.raw: dict[str, set[float]] = {}
        self.shares: set[float] = set()
        self.names: set[str] = set()
        self.moments: list[datetime] = []
        self.eves: list[datetime] = []
        self.rows: list[Row] = []
        self.free: set[float] = set()
        self.sentences: list[str] = []
        self.most_rows = 0

    def add(self, result: ToolResult) -> None:
        """Add all a result holds."""
        zones = _zones(result)
        for key, value in _leaves({"parameters": result.parameters, "data": result.data}):
            self._leaf(key, value, zones)
        for fact in result.facts:
            match = FACT_KEY.fullmatch(fact.name)
            self._leaf(match[1] if match else fact.name, fact.value, zones)
            if match and match[2]:
                self._leaf("", match[2], zones)
        for moment in [result.window.start, result.window.end] if result.window else []:
            self.moments += [moment.astimezone(zone) for zone in zones]
            self.eves += [moment.astimezone(zone) - timedelta(microseconds=1) for zone in zones]
        self.names |= set(result.ids)
        self._owned(result)

    def ground(self, text: str) -> Ground:
        """Return the ground."""
        stamps = {(one.year, one.month, one.day, one.hour, one.minute) for one in self.moments}
        return Ground(
            numbers=frozenset(self.numbers),
            figures={key: frozenset(held) for key, held in self.figures.items()},
            raw={key: frozenset(held) for key, held in self.raw.items()},
            shares=frozenset(self.shares),
            names=tuple(sorted(filter(str.strip, self.names), key=len, reverse=True)),
            days=frozenset((one.year, one.month, one.day) for one in [*self.moments, *self.eves]),
            clocks=frozenset(stamp[3:] for stamp in stamps),
            stamps=frozenset(stamps),
            rows=tuple(self.rows),
            free=frozenset(self.free),
            sentences=tuple(self.sentences),
            text=text,
            most_rows=self.most_rows,
        )

    def _leaf(self, key: str, value: Any, zones: list[ZoneInfo]) -> None:
        if isinstance(value, bool) or value is None:
            return
        if isinstance(value, int | float):
            held = {float(value), abs(float(value)), round(float(value), DIGITS_OF_A_FLOAT)}
            self.numbers |= held
            self.figures.setdefault(key, set()).update(held)
            self.raw.setdefault(key, set()).add(float(value))
            is_share = isinstance(value, float) and SHARE_KEY.search(key) is not None
            self.shares |= {float(value)} if is_share else set()
        elif key in OWN_SENTENCES:
            self.sentences.append(str(value))
        else:
            _add_text(str(value), self.names, self.moments, zones)

    def _owned(self, result: ToolResult) -> None:
        """Note whose each number is: by the rows of the data, by the keys of facts, by a call for one source alone."""
        of_rows: set[float] = set()
        for row in _rows(result.data):
            whose = frozenset(str(row[key]).lower() for key in IDENTITIES if isinstance(row.get(key), str))
            if any(_has_letters(name) for name in whose):
                self.rows.append(Row(whose, _numbers_in(row)))
                of_rows |= self.rows[-1].numbers
        for match, fact in ((FACT_KEY.fullmatch(fact.name), fact) for fact in result.facts):
            if match and match[2] and _has_letters(match[2]) and isinstance(fact.value, int | float):
                self.rows.append(Row(frozenset({match[2].lower()}), _numbers_in(fact.value)))
        self.most_rows = max([self.most_rows, *(len(value) for value in _lists(result.data))])
        whole = _numbers_in({key: value for key, value in result.data.items() if not isinstance(value, list)})
        sources: list[Any] = list(result.parameters.get("sources") or [])
        is_row = any(isinstance(result.data.get(key), str) for key in IDENTITIES)
        others: list[Any] = list(result.parameters.get("other_sources") or [])
        if others:
            self._sides(result, {"1": sources, "2": others})
        elif len(sources) == 1:
            self.rows.append(Row(frozenset({str(sources[0]).lower()}), whole | of_rows))
        elif not is_row:
            self.free |= whole
        self.free |= _numbers_in(result.parameters)

    def _sides(self, result: ToolResult, sides: dict[str, Sequence[str]]) -> None:
        """Note whose the figures of a comparison are: `anomalies[2]` is the second side's."""
        for fact in result.facts:
            match = FACT_KEY.fullmatch(fact.name)
            whose = sides.get(match[2] or "", ()) if match else ()
            if whose:
                self.rows.append(Row(frozenset(name.lower() for name in whose), _numbers_in(fact.value)))
            else:
                self.free |= _numbers_in(fact.value)


def _rows(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a result's data that names somebody, however deep."""
    if isinstance(value, dict):
        if any(isinstance(value.get(key), str) for key in IDENTITIES):
            yield value
        for inner in value.values():
            yield from _rows(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _rows(inner)


def _lists(data: dict[str, Any]) -> Iterator[list[Any]]:
    yield from (value for value in data.values() if isinstance(value, list))


def _numbers_in(value: Any) -> frozenset[float]:
    found: set[float] = set()
    for _, leaf in _leaves(value):
        if isinstance(leaf, int | float) and not isinstance(leaf, bool):
            found |= {float(leaf), abs(float(leaf))}
    return frozenset(found)


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)


def _add_text(text: str, names: set[str], moments: list[datetime], zones: list[ZoneInfo]) -> None:
    if SPAN.fullmatch(text):
        for part in text.split("/"):
            _add_text(part, names, moments, zones)
        return
    match = ISO.match(text)
    if match is None:
        if _has_letters(text):  # a name of digits alone would let its number pass
            names.add(text)
        elif clock := BARE_CLOCK.fullmatch(text):
            moments.append(datetime(1, 1, 1, int(clock[1]), int(clock[2]), tzinfo=UTC))
        elif month := ISO_MONTH.fullmatch(text):
            moments.append(datetime(int(month[1]), int(month[2]), 1, tzinfo=UTC))
        return
    if len(text) > len(match[0]):
        names.add(text)
    try:
        moment = datetime.fromisoformat(match[0])
    except ValueError:  # digits that look like a date
        return
    if match[4] is None or moment.tzinfo is None:
        moments.append(moment.replace(tzinfo=UTC))
    else:
        moments += [moment.astimezone(zone) for zone in zones]


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
