"""The windows of a question, as `FROM/TO`, in the zone its sources give."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from agent.assistant.answer import rfc3339
from agent.assistant.reading.question import Question
from agent.assistant.reading.reading import Slots
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.groups import previous
from agent.assistant.windows.calendar import Calendar
from agent.assistant.windows.reader import TimeReading, TimeWords, find_times, resolve
from agent.assistant.windows.shifts import Shifts
from storage.records import Window

MOMENT = timedelta(microseconds=1)
EVENING = time(18)
# A night comes again after a day.
PARTS = {"night": "day", "weekend": "week"}
SATURDAY, WEEKEND = 5, timedelta(days=2)


def take_times(question: Question) -> list[TimeWords]:
    """Take words about time out of a question."""
    found = find_times(question.rest)
    for words in found:
        question.cover(words.start, words.end, "qwindow")
    if {words.kind for words in found} & {"between", "days"}:  # late march: between the 23rd and the 31st
        return [words for words in found if words.kind != "unclear"]
    return found


def resolve_times(
    found: Sequence[TimeWords], sources: Sequence[str], context: ToolContext, first: datetime | None
) -> list[TimeReading]:
    """Make words about time windows; raise WindowError."""
    zone = context.zone(tuple(sources))
    shifts = context.settings.shifts.starts
    return [resolve(words, now=context.now, zone=zone, first=first, shifts=shifts) for words in found]


def span_text(window: Window) -> str:
    """Return a window as tools take it."""
    return f"{rfc3339(window.start)}/{rfc3339(window.end)}"


def spoken_text(words: TimeWords) -> str:
    """Return words about time without what led to them; a span keeps its `from`, without which it is none."""
    if words.kind == "between":
        return words.text
    return re.sub(
        r"^(?:in|on|during|for|of|over|within|from|at) (?=the |this |last |past |yester|today|\d)", "", words.text
    )


def window_before(window: Window, unit: str | None, shifts: Sequence[str]) -> Window:
    """Return the window a unit earlier, or the one of equal length just before where none is named."""
    calendar = Calendar(window.start, window.time_zone)
    unit = PARTS.get(unit or "", unit)
    if unit is None and calendar.local.weekday() == SATURDAY and window.end - window.start == WEEKEND:
        return calendar.window(calendar.back(window.start, 1, "week"), calendar.back(window.end, 1, "week"))
    if unit is None:
        return previous(window)
    if unit == "shift":
        shift = Shifts(tuple(shifts), calendar).at(window.start - MOMENT)
        return calendar.window(shift.start, shift.end)
    start = calendar.back(window.start, 1, unit)
    if unit == "day" and calendar.local.time() != time():  # the same hours of the day before
        return calendar.window(start, calendar.back(window.end, 1, unit))
    is_begun = window.end < calendar.back(window.start, -1, unit)  # as this week, up to now: the whole one before it
    return calendar.window(start, window.start if is_begun else calendar.back(window.end, 1, unit))


def window_after(window: Window, unit: str | None, shifts: Sequence[str], now: datetime) -> Window:
    """Return the window a unit later, or the one of equal length just after; none of it lies after now."""
    calendar = Calendar(window.start, window.time_zone)
    is_late = calendar.local.time() >= EVENING
    unit = None if unit == "night" and not is_late else PARTS.get(unit or "", unit)
    if unit == "shift":
        shift = Shifts(tuple(shifts), calendar).at(window.end)
        start, end = shift.start, shift.end
    elif unit is None:
        start, end = window.end, window.end + (window.end - window.start)
    else:
        start, end = calendar.back(window.start, -1, unit), calendar.back(window.end, -1, unit)
    return calendar.window(min(start, now), min(end, now))


def in_zone(window: Window, zone: str) -> Window:
    """Return the same local times of another zone."""
    if zone == window.time_zone:
        return window
    old, new = ZoneInfo(window.time_zone), ZoneInfo(zone)
    start, end = (moment.astimezone(old).replace(tzinfo=new).astimezone(UTC) for moment in (window.start, window.end))
    return Window(start, end, zone)


def with_one_window(slots: Slots) -> Slots:
    """Return slots with one window: neighbours joined, as of sunday and monday; else the firmest, of those the last."""
    if len(slots.windows) < 2:  # noqa: PLR2004 - more than one
        return slots
    ends = [window.split("/") for window in slots.windows]
    if all(one[1] == after[0] for one, after in pairwise(ends)):
        spoken = (" and ".join(slots.spoken),) if len(slots.spoken) == len(slots.windows) else ()
        return replace(slots, windows=(f"{ends[0][0]}/{ends[-1][1]}",), spoken=spoken, firm=(True,))
    whole = _whole_of(slots.windows)
    if whole is not None:
        at = slots.windows.index(whole)
        spoken = (slots.spoken[at],) if len(slots.spoken) == len(slots.windows) else ()
        return replace(slots, windows=(whole,), spoken=spoken, firm=(True,))
    firm = slots.firm if len(slots.firm) == len(slots.windows) else (False,) * len(slots.windows)
    at = max(range(len(slots.windows)), key=lambda place: (firm[place], place))
    spoken = (slots.spoken[at],) if len(slots.spoken) == len(slots.windows) else ()
    return replace(slots, windows=(slots.windows[at],), spoken=spoken, firm=(firm[at],))


def _whole_of(windows: Sequence[str]) -> str | None:
    """Return the window that the others are the parts of, as the weekend of saturday and sunday."""
    for whole in windows:
        parts = sorted(window.split("/") for window in windows if window != whole)
        is_closed = len(parts) > 1 and all(one[1] == after[0] for one, after in pairwise(parts))
        if is_closed and whole == f"{parts[0][0]}/{parts[-1][1]}":
            return whole
    return None
