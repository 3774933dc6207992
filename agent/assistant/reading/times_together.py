"""The times of one question held together: an open end and another, hours and their day, a window and one before."""

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

from agent.assistant.reading.language import slot_language
from agent.assistant.reading.question import Question
from agent.assistant.reading.times import window_after, window_before
from agent.assistant.tools.context import ToolContext
from agent.assistant.windows.calendar import Calendar
from agent.assistant.windows.language import time_language
from agent.assistant.windows.reader import TimeReading, TimeWords, find_times, resolve

# Ways of saying a time that are meant, whatever else is named by the way.
FIRM = {"between", "days", "since", "after", "before", "before_on", "after_on"}
OPEN_ENDS = {"since", "since_shift", "after", "before"}
LONG = {"month", "iso_month", "period", "quarter", "quarter_named", "year", "week_of", "week_number"}
PAIR = 2


def held_together(
    question: Question, times: list[TimeWords], resolved: list[TimeReading], context: ToolContext
) -> tuple[list[TimeWords], list[TimeReading]]:
    """Return a question's times, those that belong together as one."""
    times, resolved = _timely(times, resolved)
    _day_of_its_month(times, resolved)
    _day_said_twice(times, resolved)
    _from_one_to_another(question, times, resolved)
    _open_ends(times, resolved)
    _since_then(question, times, resolved, context)
    _as_long(question, resolved)
    _shift_of_the_day(question, times, resolved, context)
    _same_shift(times, resolved, context)
    _clocks_of_the_day(times, resolved, context)
    return times, resolved


def take_counted_before(question: Question) -> re.Match[str] | None:
    """Take `against the 30 days before` out of a question, which no time of its own is."""
    match = slot_language().counted_before.search(question.rest)
    if match is not None:
        question.cover(match.start("number"), match.end(), "qwindow")
    return match


def the_one_before(
    question: Question, words: TimeWords, found: TimeReading, context: ToolContext, counted: re.Match[str] | None
) -> list[TimeReading]:
    """Return the window before the only one named, where it is spoken of: `was yesterday worse than the day before`."""
    if counted is not None:
        calendar = Calendar(context.now, found.window.time_zone)
        start = calendar.back(found.window.start, int(counted["number"]), counted["unit"].rstrip("s"))
        return [TimeReading(calendar.window(start, found.window.start), counted[0])]
    match = slot_language().than_before.search(question.rest)
    if match is None:
        return _the_one_after(question, found, context)
    same_shift = "day" if words.kind == "shift" and words.groups.get("name") else "shift"
    unit = (
        match[1]
        or (same_shift if match["same_shift"] else None)
        or next((one for one in ("day", "week", "month", "year") if one in words.text), None)
        or (same_shift if "shift" in words.text else None)
    )
    return [TimeReading(window_before(found.window, unit, context.settings.shifts.starts), match[0])]


def _the_one_after(question: Question, found: TimeReading, context: ToolContext) -> list[TimeReading]:
    """Return the window after the only one named, where one is spoken of: `against the night after it`."""
    match = slot_language().than_after.search(question.rest)
    if match is None:
        return []
    unit = "shift" if match["unit"] in {"night", "shift"} else match["unit"]
    return [TimeReading(window_after(found.window, unit, context.settings.shifts.starts, context.now), match[0])]


def _timely(times: list[TimeWords], resolved: list[TimeReading]) -> tuple[list[TimeWords], list[TimeReading]]:
    """Leave out times that have not come, and all time, where there are others: a meeting on Tuesday is no window."""
    kept = [at for at, one in enumerate(resolved) if not one.is_future and not one.is_all]
    if not kept or len(kept) == len(resolved):
        return times, resolved
    return [times[at] for at in kept], [resolved[at] for at in kept]


def _day_of_its_month(times: list[TimeWords], resolved: list[TimeReading]) -> None:
    """Keep the day of `how many on the 12th? march was bad`, which lies in the month."""
    if {words.kind for words in times} != {"day", "month"} or len(times) != PAIR:
        return
    at = next(number for number, words in enumerate(times) if words.kind == "day")
    day, month = resolved[at].window, resolved[1 - at].window
    if month.start <= day.start and day.end <= month.end:
        times[:], resolved[:] = [times[at]], [resolved[at]]


def _day_said_twice(times: list[TimeWords], resolved: list[TimeReading]) -> None:
    """Keep the date of `on that Sunday, 8 March`, which is one: a weekday and a date that falls on it."""
    if len(resolved) == PAIR and resolved[0].window == resolved[1].window:  # `good friday, 3 april`
        times[:], resolved[:] = times[:1], resolved[:1]
    if [words.kind for words in times] != ["day", "day"]:
        return
    names = [time_language().weekdays.get((words.groups.get("day") or "").split()[-1]) for words in times]
    named = [at for at, weekday in enumerate(names) if weekday is not None]
    if len(named) != 1 or re.search(r"\d", times[1 - named[0]].text) is None:
        return
    date = resolved[1 - named[0]].window
    if date.start.astimezone(ZoneInfo(date.time_zone)).weekday() == names[named[0]]:
        at = 1 - named[0]
        times[:], resolved[:] = [times[at]], [resolved[at]]


def _from_one_to_another(question: Question, times: list[TimeWords], resolved: list[TimeReading]) -> None:
    """Read `week 10 to week 12` as all three weeks, where the two are not held against each other."""
    if len(times) != PAIR or not {words.kind for words in times} <= LONG:
        return
    said, words = question.masked(), slot_language()
    one, other = (reading.window for reading in resolved)
    if words.span.search(said) is None or words.comparing.search(said) or other.end <= one.end:
        return
    text = f"{times[0].text} to {times[1].text}"
    resolved[:] = [replace(resolved[0], window=replace(one, end=other.end), words=text)]
    times[:] = [replace(times[0], text=text)]


def _open_ends(times: list[TimeWords], resolved: list[TimeReading]) -> None:
    """Read `since monday ... until yesterday noon` and `in april until the 12th` as one window, in any order."""
    kinds = {words.kind for words in times}
    if len(times) != PAIR or not kinds & OPEN_ENDS or not kinds <= OPEN_ENDS | LONG or kinds == {"before"}:
        return
    one, other = (reading.window for reading in resolved)
    start, end = max(one.start, other.start), min(one.end, other.end)
    if start < end:
        words = " ".join(sorted(words.text for words in times))
        resolved[:] = [replace(resolved[0], window=replace(one, start=start, end=end), words=words)]
        times[:] = [replace(times[0], text=words)]


def _as_long(question: Question, resolved: list[TimeReading]) -> None:
    """Cut `last week` to the days `this week` has had, where the same stretch of it is meant."""
    if len(resolved) == PAIR and slot_language().same_stretch.search(question.text):
        one, other = (reading.window for reading in resolved)
        end = min(other.end, other.start + (one.end - one.start))
        resolved[1] = replace(resolved[1], window=replace(other, end=end))


def _since_then(question: Question, times: list[TimeWords], resolved: list[TimeReading], context: ToolContext) -> None:
    """Read `we cleaned the lens on 20 april: how many since then` as since that day."""
    if slot_language().since_then.search(question.text) is None or {words.kind for words in times} & OPEN_ENDS:
        return
    found = find_times(f"since {' '.join(words.text for words in times)}")
    if len(times) == PAIR and len(found) == 1 and found[0].start == 0:  # yesterday, at 14:00
        zone, shifts = resolved[0].window.time_zone, context.settings.shifts.starts
        resolved[:] = [resolve(found[0], now=context.now, zone=zone, shifts=shifts)]
        times[:] = found
    elif len(times) == 1:
        window = replace(resolved[0].window, end=context.now)
        resolved[:] = [replace(resolved[0], window=window)]
        times[:] = [replace(times[0], kind="since", text=f"since {times[0].text}")]


def _clocks_of_the_day(times: list[TimeWords], resolved: list[TimeReading], context: ToolContext) -> None:
    """Read `on Monday: how many between 8 and 10` as of Monday between 8 and 10, wherever the words stand."""
    if len(times) != PAIR or {words.kind == "day" for words in times} != {True, False}:
        return
    day, clocks = sorted(times, key=lambda words: words.kind != "day")
    at = times.index(clocks)
    if clocks.kind not in FIRM:
        return
    found = find_times(f"{day.text.removeprefix('on ')} {clocks.text}")
    if len(found) == 1 and found[0].kind != "day":
        zone, shifts = resolved[at].window.time_zone, context.settings.shifts.starts
        resolved[:] = [resolve(found[0], now=context.now, zone=zone, shifts=shifts)]
        times[:] = found


def _same_shift(times: list[TimeWords], resolved: list[TimeReading], context: ToolContext) -> None:
    """Read `monday's night shift ... than sunday's` as of two shifts of one name."""
    if len(times) != PAIR or times[0].kind != "shift" or not times[0].groups.get("name"):
        return
    said, day = times[1].groups.get("name"), times[0].groups.get("day")
    if times[1].kind == "day":
        found = find_times(f"{times[0].groups['name']} shift of {times[1].text}")
    elif times[1].kind == "shift" and said and day and not (times[1].groups.get("day") or times[1].groups.get("which")):
        found = find_times(f"{said} shift of {day}")  # monday's night shift ... than the late shift
    else:
        return
    if found and found[0].kind == "shift":
        zone, shifts = resolved[1].window.time_zone, context.settings.shifts.starts
        resolved[1] = resolve(found[0], now=context.now, zone=zone, shifts=shifts)


def _shift_of_the_day(
    question: Question, times: list[TimeWords], resolved: list[TimeReading], context: ToolContext
) -> None:
    """Read `the late shift the day before yesterday` as one shift, where the two are not held against each other."""
    kinds = [words.kind for words in times]
    if sorted(kinds) != ["day", "shift"] or slot_language().comparing.search(question.text):
        return
    shift, day = times[kinds.index("shift")], resolved[kinds.index("day")].window
    if not shift.groups.get("name") or shift.groups.get("day") or shift.groups.get("which"):
        return
    date = day.start.astimezone(ZoneInfo(day.time_zone)).date().isoformat()
    found = find_times(f"{shift.groups['name']} shift of {date}")
    if len(found) == 1 and found[0].kind == "shift":
        zone, shifts = resolved[0].window.time_zone, context.settings.shifts.starts
        resolved[:] = [resolve(found[0], now=context.now, zone=zone, shifts=shifts)]
        times[:] = found
