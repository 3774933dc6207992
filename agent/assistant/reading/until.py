"""Until when a silence shall last: `for 2 hours`, `until 14:30`, `until tomorrow 6am`, `until Monday`."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from agent.assistant.windows.calendar import Calendar
from agent.assistant.windows.shifts import Shifts

NUMBERS = {"a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0,
           "eight": 8.0, "ten": 10.0, "twelve": 12.0, "half an": 0.5, "half a": 0.5}  # fmt: skip
UNITS = {"m": 1, "h": 60, "d": 1440, "w": 10080}
NUMBER = r"\d+(?:\.\d+)?|half an?|" + "|".join(word for word in NUMBERS if " " not in word)
DURATION = re.compile(
    rf"(?:\b(?:for|by|during)\s+)?(?:the\s+next\s+)?(?<![\w.-])(?P<number>{NUMBER})\s*-?"
    r"(?P<unit>minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)\b"
)
UNTIL = re.compile(r"\b(?:until|till|til|up to)\s+(?P<words>.+)$")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = rf"today|tonight|tomorrow|(?:next |this |on )?(?:{'|'.join(WEEKDAYS)})|\d{{4}}-\d\d-\d\d"
CLOCK = r"\d{1,2}(?::\d\d)?\s*(?:am|pm)|\d{1,2}:\d\d|\d{1,2}h\d{0,2}|noon|midday|midnight|\d{1,2}(?= o'?clock)"
POINT = re.compile(rf"(?:the\s+)?(?:(?P<day>{DAY})\b)?(?:\s*(?:,|at|t)?\s*(?P<clock>{CLOCK})(?: o'?clock)?)?")
SHIFT_END = re.compile(r"(?:the )?end of (?:the |this |my )?(?:current )?shift|(?:the )?next shift")
DAY_END = re.compile(r"(?:the )?end of (?:the |this )?(?:day|today)")
LONGEST = timedelta(days=366)
MORNING, EVENING = time(6), time(22)
NAMED_CLOCKS = {"noon": time(12), "midday": time(12), "midnight": time(0)}
HALF_DAY, LAST_HOUR, LAST_MINUTE = 12, 23, 59


@dataclass(frozen=True, slots=True)
class UntilProblem:
    """Words about an end that cannot be used, said in one sentence."""

    words: str


def read_until(text: str, calendar: Calendar, starts: tuple[str, ...]) -> datetime | UntilProblem | None:
    """Read when a silence ends, from lower-case words; None where they say nothing about it."""
    said = UNTIL.search(text)
    if said is not None:
        end = _point(said["words"].strip(" ?!."), calendar, starts)
        if end is None:
            return UntilProblem(f"I cannot read until when: {said['words'][:60]!r}. Say it as 'until tomorrow 6am'.")
    else:
        length = _length(text)
        if length is None:
            return None
        if length > LONGEST:
            return UntilProblem("A silence lasts a year at most.")
        end = calendar.now + length
    if end <= calendar.now:
        return UntilProblem("That time has passed already, so there is nothing to silence.")
    return UntilProblem("A silence lasts a year at most.") if end - calendar.now > LONGEST else end


def _length(text: str) -> timedelta | None:
    match = DURATION.search(text)
    if match is None:
        return None
    number = NUMBERS.get(match["number"]) or float(match["number"] if match["number"][0].isdigit() else 0)
    return timedelta(minutes=min(number * UNITS[match["unit"][0]], 10_000_000)) if number else None


def _point(words: str, calendar: Calendar, starts: tuple[str, ...]) -> datetime | None:
    if SHIFT_END.fullmatch(words):
        return Shifts(starts, calendar).at(calendar.now).end
    if DAY_END.fullmatch(words):
        return calendar.at(calendar.today + timedelta(days=1))
    match = POINT.fullmatch(words)
    if match is None or not (match["day"] or match["clock"]):
        return _stamp(words)
    return _at(match["day"], match["clock"], calendar)


def _at(day_words: str | None, clock_words: str | None, calendar: Calendar) -> datetime | None:
    clock = _clock(clock_words) if clock_words else None
    if clock_words and clock is None:
        return None
    if day_words is None:
        return _next(clock or MORNING, calendar)
    day, start = _day(day_words, calendar), EVENING if day_words in {"today", "tonight"} else MORNING
    return None if day is None else calendar.at(day, start if clock is None else clock)


def _stamp(words: str) -> datetime | None:
    """Read RFC 3339 with its zone."""
    try:
        moment = datetime.fromisoformat(words.upper())
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _next(clock: time, calendar: Calendar) -> datetime:
    """Return the next moment at which the clock shows a time."""
    today = calendar.at(calendar.today, clock)
    return today if today > calendar.now else calendar.at(calendar.today + timedelta(days=1), clock)


def _day(words: str, calendar: Calendar) -> date | None:
    if words in {"today", "tonight"}:
        return calendar.today
    if words == "tomorrow":
        return calendar.today + timedelta(days=1)
    name = words.rsplit(maxsplit=1)[-1]
    if name in WEEKDAYS:
        ahead = (WEEKDAYS.index(name) - calendar.today.weekday()) % 7
        return calendar.today + timedelta(days=ahead or 7)
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def _clock(words: str) -> time | None:
    if words in NAMED_CLOCKS:
        return NAMED_CLOCKS[words]
    match = re.match(r"(\d{1,2})(?:[:h](\d{0,2}))?\s*(am|pm)?", words)
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3] is not None:
        if not 1 <= hour <= HALF_DAY:
            return None
        hour = hour % HALF_DAY + (HALF_DAY if match[3] == "pm" else 0)
    return time(hour, minute) if hour <= LAST_HOUR and minute <= LAST_MINUTE else None
