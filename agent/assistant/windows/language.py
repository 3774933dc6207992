"""A language's words of time, read from its file and compiled to patterns."""

import re
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

WORDS = Path(__file__).parent.parent / "words"
SLOT = re.compile(r"\{([a-z_]+)(?::([a-z]+))?\}")
NAMED = re.compile(r"\(\?P<[a-z0-9]+>")
CLOCK = r"(?:[01]?\d|2[0-4])"
HALF = r" ?[ap]\.?m\b\.?"
STRICT_CLOCK = rf"{CLOCK}:[0-5]\d(?::[0-5]\d)?(?:{HALF})?|{CLOCK}{HALF}|{CLOCK} o'?clock|{CLOCK}h(?:[0-5]\d|(?![a-z]))"
SOLID = r"(?:19|20)\d\d-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:?\d\d)?)?"
LONGEST_SHORT_NAME = 5
NO_MONTH_ALONE = {"may", "mar", "sep"}  # they mean other things too
PLAIN_DAYS = (
    "iso",
    "dotted",
    "slashed",
    "written",
    "named",
    "holiday",
    "clock_change",
    "days_ago",
    "weekday_before",
    "week_ago",
    "week_weekday",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of saying a time: what kind it is, and its pattern."""

    kind: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a day by its clock."""

    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class TimeLanguage:
    """Words of time by what they mean, and the rules in the order they are tried."""

    numbers: dict[str, int]
    units: dict[str, str]
    weekdays: dict[str, int]
    months: dict[str, int]
    days: dict[str, int]
    clocks: dict[str, time]
    parts: dict[str, Part]
    shift_names: dict[str, int]
    day_forms: tuple[Rule, ...]
    point_forms: tuple[Rule, ...]
    rules: tuple[Rule, ...]
    telling: re.Pattern[str]
    by_the_way: re.Pattern[str]


def read_words(name: str) -> Any:
    """Read one file of words."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((WORDS / f"{name}.yaml").read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader


@lru_cache
def time_language(name: str = "english") -> TimeLanguage:
    """Return the words of time of a language."""
    values = read_words(f"{name}_time")
    lists = _Lists(values)
    return TimeLanguage(
        numbers=values["numbers"],
        units=_by_word(values["units"]),
        weekdays=_by_word(values["weekdays"]),
        months=_by_word(values["months"]),
        days=_by_word(values["days"]),
        clocks={word: time.fromisoformat(clock) for word, clock in values["clocks"].items()},
        parts={
            word: Part(time.fromisoformat(part["starts"]), time.fromisoformat(part["ends"]))
            for part in values["parts"].values()
            for word in part["names"]
        },
        shift_names=_by_word(values["shift_names"]),
        day_forms=lists.rules("day_forms"),
        point_forms=lists.rules("point_forms"),
        rules=lists.rules("rules"),
        by_the_way=re.compile(values["by_the_way"]),
        telling=re.compile(rf"(?<![\w.-])(?:{values['telling']})(?![\w-])"),
    )


@lru_cache
def words_of_time(name: str = "english") -> frozenset[str]:
    """Return the names of days, months, units and parts of a day of a language."""
    words = time_language(name)
    named = [
        *read_words(f"{name}_time")["connectives"],
        *words.units,
        *words.weekdays,
        *words.months,
        *words.days,
        *words.clocks,
        *words.parts,
    ]
    return frozenset(word for one in named for word in one.split())


class _Lists:
    """The patterns that {slots} stand for."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        self._patterns = {
            "number": r"\d{1,4}|" + _any_of(values["numbers"]),
            "digits": r"\d{1,4}",
            "unit": _any_of(_by_word(values["units"])),
            "weekday": _any_of(_by_word(values["weekdays"])),
            "month": _any_of(_by_word(values["months"])),
            "long_month": _any_of([word for word in _by_word(values["months"]) if word not in NO_MONTH_ALONE]),
            "dated_clock": "",
            "named_day": _any_of(_by_word(values["days"])),
            "monthday": r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?\.?",
            "year": r"(?:19|20)\d\d",
            "strict_clock": STRICT_CLOCK + "|" + _any_of(values["clocks"]),
            "clock": STRICT_CLOCK + "|" + _any_of(values["clocks"]) + f"|{CLOCK}",
            "part": _any_of([name for part in values["parts"].values() for name in part["names"]]),
            "shift_name": _any_of(_by_word(values["shift_names"])),
            "solid": SOLID,
        }
        forms = {kind: self._forms("day_forms", kind) for kind, _ in values["day_forms"]}
        self._patterns["week_weekday"] = "|".join(
            forms[kind] for kind in ("weekday_before", "week_ago", "week_weekday")
        )
        self._patterns["weekend"] = "week-?end"
        self._patterns["day"] = self._joined("day_forms")
        self._patterns["date"] = "|".join([forms["iso"], forms["dotted"], forms["slashed"], forms["written"]])
        self._patterns["long_day"] = self._long_days(values, forms)
        self._patterns["mid_month"] = rf"(?:the )?(?:mid|middle of) (?:{self._patterns['month']})"
        self._patterns["dated_clock"] = rf"(?:{self._patterns['day']}),? (?:at )?(?:{STRICT_CLOCK})"
        self._patterns["shift_on"] = self._forms("point_forms", "shift_on")
        self._patterns["point"] = self._joined("point_forms")

    def rules(self, name: str) -> tuple[Rule, ...]:
        """Compile a list of rules, their slots named."""
        return tuple(
            Rule(kind, re.compile(rf"(?<![\w@.-])(?:{self._expanded(text, named=True)})(?![\w@]|\.\d)"))
            for kind, text in self._values[name]
        )

    def _joined(self, name: str) -> str:
        return "|".join(self._expanded(text, named=False) for _, text in self._values[name])

    def _forms(self, name: str, wanted: str) -> str:
        return "|".join(self._expanded(text, named=False) for kind, text in self._values[name] if kind == wanted)

    def _long_days(self, values: dict[str, Any], forms: dict[str, str]) -> str:
        """Days that need no preposition to be one: `sun` and `mon` alone do."""
        full = _any_of([word for word in _by_word(values["weekdays"]) if len(word) > LONGEST_SHORT_NAME])
        which = "last|this coming|this|past|previous|next|coming|upcoming"
        weekday = rf"(?:(?:{which}) )?(?:{full})|(?:{which}) (?:{self._patterns['weekday']})"
        return "|".join([*(forms[kind] for kind in PLAIN_DAYS), weekday])

    def _expanded(self, text: str, *, named: bool) -> str:
        def slot(match: re.Match[str]) -> str:
            pattern = self._patterns[match.group(1)]
            return f"(?P<{match.group(2)}>{pattern})" if named and match.group(2) else f"(?:{pattern})"

        return SLOT.sub(slot, text if named else NAMED.sub("(?:", text))


def _any_of(words: Any) -> str:
    return "|".join(re.escape(word) for word in sorted((str(word) for word in words), key=len, reverse=True))


def _by_word(groups: dict[Any, list[str]]) -> dict[str, Any]:
    return {word: meaning for meaning, words in groups.items() for word in words}
