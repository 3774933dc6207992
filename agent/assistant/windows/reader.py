"""Find words about time in a question, and make them windows."""

from dataclasses import dataclass
from datetime import datetime

from agent.assistant.windows.calendar import Calendar
from agent.assistant.windows.language import time_language
from agent.assistant.windows.points import Context, Groups
from agent.assistant.windows.rules import RULES
from agent.assistant.windows.shifts import Shifts
from storage.records import Window

DEFAULT_SHIFTS = ("06:00", "14:00", "22:00")


@dataclass(frozen=True, slots=True)
class TimeWords:
    """Words about time found in a text, not yet resolved."""

    kind: str
    groups: Groups
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class TimeReading:
    """A window and the words it came from; a window that starts after now is future, one around now ends now."""

    window: Window
    words: str
    is_future: bool = False
    is_all: bool = False


def find_times(text: str) -> list[TimeWords]:
    """Return every stretch of words about time in a normalised text, in the order of the text."""
    found: list[TimeWords] = []
    rest = text
    for rule in time_language().rules:
        while match := rule.pattern.search(rest):
            if match.start() == match.end():
                break
            found.append(TimeWords(rule.kind, match.groupdict(), match.start(), match.end(), match[0].strip()))
            rest = rest[: match.start()] + "\x00" * (match.end() - match.start()) + rest[match.end() :]
    return sorted(found, key=lambda words: words.start)


def resolve(
    words: TimeWords,
    *,
    now: datetime,
    zone: str,
    first: datetime | None = None,
    shifts: tuple[str, ...] = DEFAULT_SHIFTS,
) -> TimeReading:
    """Make words about time a window in a zone; `first` is where all time starts. Raise WindowError."""
    calendar = Calendar(now, zone)
    context = Context(time_language(), calendar, Shifts(shifts, calendar))
    start, end = RULES[words.kind](words.groups, context)
    is_all = words.kind == "all"
    start = start or min(first or now, end or now)
    end = end or now
    if start >= now and end > now:
        return TimeReading(calendar.window(start, end), words.text, is_future=True)
    end = min(end, now)
    return TimeReading(calendar.window(min(start, end), end), words.text, is_all=is_all)


def read_window(
    text: str,
    *,
    now: datetime,
    zone: str,
    first: datetime | None = None,
    shifts: tuple[str, ...] = DEFAULT_SHIFTS,
) -> TimeReading | None:
    """Read a phrase such as `since Monday 6am`; None where it holds no words about time. Raise WindowError."""
    found = find_times(" ".join(text.lower().split()))
    return resolve(found[0], now=now, zone=zone, first=first, shifts=shifts) if found else None
