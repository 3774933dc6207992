"""Hours that lean on the day a thread spoke of last, and that window some units earlier or later."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from agent.assistant.reading.leaning_words import leaning_language
from agent.assistant.windows.calendar import Calendar
from agent.assistant.windows.language import time_language
from agent.assistant.windows.reader import find_times
from storage.records import Window

# A window of so long is of one day, though a night shift ends on the next.
ONE_DAY = timedelta(hours=26)
MOMENT = timedelta(microseconds=1)
# What is said of a day by its hours, and how the day is put behind.
CLOCKED = {"between": "on", "hour": "on", "shift": "of", "day_part": "of"}


def on_its_day(text: str, window: Window, now: datetime) -> str:
    """Write `and between 14 and 22?` and `the early shift?` with the day last spoken of, where no day is said."""
    day = local_day(window)
    last = (window.end - MOMENT).astimezone(ZoneInfo(window.time_zone)).date()
    is_night = last != day
    if window.end - window.start > ONE_DAY or day == Calendar(now, window.time_zone).today:
        return text
    found = find_times(text.lower())
    if len(found) != 1 or found[0].kind not in CLOCKED or leaning_language().says_a_day.search(text):
        return text
    (words,) = found
    if is_night and words.kind != "shift":
        return text  # of the hours of a night, which day is open
    end = words.start + len(words.text)
    return f"{text[:end]} {CLOCKED[words.kind]} {day}{text[end:]}"


def shifted(match: re.Match[str], window: Window, now: datetime) -> str:
    """Write `one week earlier` as the window last spoken of, a week before."""
    said, unit = match["number"].lower(), match["unit"].lower().replace("night", "day")
    number = int(said) if said.isdigit() else time_language().numbers.get(said, 1)
    steps = number if match["earlier"] else -number
    calendar = Calendar(window.start, window.time_zone)
    start, end = calendar.back(window.start, steps, unit), calendar.back(window.end, steps, unit)
    return span(start, min(end, now), window) if start < now else match[0]


def weekday_beside(match: re.Match[str], window: Window, now: datetime) -> str:
    """Write `the sunday before` as the last one before the day spoken of; `after` as the next."""
    wanted, day = time_language().weekdays[match["day"].lower()], local_day(window)
    if match["side"].lower() == "before":
        found = day - timedelta(days=(day.weekday() - wanted - 1) % 7 + 1)
    else:
        found = day + timedelta(days=(wanted - day.weekday() - 1) % 7 + 1)
    return f"on {found}" if found <= Calendar(now, window.time_zone).today else match[0]


def span(start: datetime, end: datetime, window: Window) -> str:
    """Write a window with both ends to the second."""
    zone = ZoneInfo(window.time_zone)
    return f"from {_moment(start, zone)} to {_moment(end, zone)}"


def local_day(window: Window) -> date:
    """Return the day a window starts on, where it is."""
    return window.start.astimezone(ZoneInfo(window.time_zone)).date()


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds").lower()
