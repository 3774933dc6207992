"""Times that lean on the window a thread spoke of last, written out: `the same day`, `make that the whole week`."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent.assistant.reading.leaning_day import ONE_DAY, local_day, on_its_day, shifted, span, weekday_beside
from agent.assistant.reading.leaning_words import leaning_language
from agent.assistant.reading.numerals import with_digits
from agent.assistant.windows.calendar import Calendar, next_start, start_of
from agent.assistant.windows.language import time_language
from agent.assistant.windows.problems import WindowError
from agent.assistant.windows.reader import find_times, resolve
from agent.assistant.windows.shifts import Shifts
from storage.records import Window

A_DAY = timedelta(days=1)
HOURS, MINUTES = 24, 60


def written_out(text: str, window: Window, *, shown: int, now: datetime, shifts: Sequence[str]) -> str:
    """Return a question with the times that lean on a window named by themselves; others stay as they are.

    shown: how many ids were listed last, of which `the 3rd` is the third.
    """
    words = leaning_language()
    text = words.extend.sub(lambda match: _extended(match, window, now, shifts), with_digits(text))
    text = words.own_day.sub(lambda match: "" if _names_a_day(text[: match.start()]) else match[0], text)
    if local_day(window) < Calendar(now, window.time_zone).today:
        text = words.its_night.sub("", text)
    text = words.its_slot.sub("", words.nth.sub(lambda match: _listed(match, shown), text))
    text = words.week_ago.sub("a week earlier", text)
    text = words.shifted.sub(lambda match: shifted(match, window, now), text)
    text = words.weekend.sub(lambda _: _weekend_before(window), text)
    text = words.weekday_before.sub(lambda match: weekday_beside(match, window, now), text)
    for pattern in (words.possessive, words.dated_hours, words.same_hours):
        text = pattern.sub(lambda match: _same_hours(match, window, now, shifts), text)
    text = words.until.sub(lambda match: match[0] if shown else _until(match, window), text)
    text = words.half.sub(_or_as_said(window, _half), text)
    text = words.shift.sub(lambda match: _next_shift(match, window, shifts), text)
    text = words.weekday.sub(lambda match: _weekday(match, window, now), text)
    text = words.rest_of.sub(lambda match: _rest(match, window, now), text)
    text = words.whole.sub(_or_as_said(window, _whole_unit), text)
    text = words.same.sub(_or_as_said(window, _same_unit), text)
    text = words.monthday.sub(lambda match: (int(match["day"]) > shown and _monthday(match, window)) or match[0], text)
    return on_its_day(text, window, now)


def _names_a_day(text: str) -> bool:
    return any(one.kind == "day" for one in find_times(text.lower()))


def _listed(match: re.Match[str], shown: int) -> str:
    """Write `of the 2nd` as the number of what was listed, not as a day of the month."""
    number = int(match["of"] or match["id"])
    return f"{match['what'] or ''} of number {number}".strip() if 0 < number <= shown else match[0]


def _or_as_said(
    window: Window, written: Callable[[re.Match[str], Window], str | None]
) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        return written(match, window) or match[0]

    return replace


def _same_unit(match: re.Match[str], window: Window) -> str | None:
    """Write `that day`, `the same week`; None where the window was of more than one."""
    unit, day = match["unit"].lower(), local_day(window)
    if unit in {"month", "week", "year"}:
        return _unit_text(unit, window)
    if window.end - window.start > ONE_DAY or (unit == "night" and window.end - window.start <= A_DAY / 2):
        return None  # of a month, or the night spoken of already
    return f"on {day}" if unit in {"day", "date"} else f"{day} {unit}"


def _whole_unit(match: re.Match[str], window: Window) -> str | None:
    return _unit_text(match["unit"].lower(), window)


def _unit_text(unit: str, window: Window) -> str | None:
    """Return the day, week, month or year a window started in, said so that anybody can read it."""
    local = local_day(window)
    last = (window.end - timedelta(microseconds=1)).astimezone(ZoneInfo(window.time_zone)).date()
    if unit == "day":
        return f"on {local}" if window.end - window.start <= ONE_DAY else None
    if start_of(last, unit) != start_of(local, unit):
        return None
    return {"week": f"in the week of {local}", "month": f"in {local:%B %Y}"}.get(unit, f"in {local:%Y}")


def _weekend_before(window: Window) -> str:
    """Write `the weekend before` with a day of its week."""
    return f"the weekend of {local_day(window) - timedelta(days=7)}"


def _same_hours(match: re.Match[str], window: Window, now: datetime, shifts: Sequence[str]) -> str:
    """Write `yesterday's` as the same hours of yesterday, where hours of a day were spoken of."""
    said = {key: words.lower() for key, words in match.groupdict().items() if words}
    if window.end - window.start >= A_DAY - timedelta(minutes=1):
        return match[0]
    zone = ZoneInfo(window.time_zone)
    local = window.start.astimezone(zone)
    unit = said.get("unit") or said.get("of_units") or said.get("back")
    if unit is not None:
        day = local.date() - timedelta(days=7 if unit == "week" else 1)
    else:
        found = find_times(f"on {said.get('day') or said['then']}")
        day = (
            resolve(found[0], now=now, zone=window.time_zone, shifts=tuple(shifts)).window.start.astimezone(zone).date()
        )
    calendar, until = Calendar(now, window.time_zone), window.end.astimezone(zone)
    end = calendar.at(day + (until.date() - local.date()), until.time())
    return span(calendar.at(day, local.time()), end, window)


def _until(match: re.Match[str], window: Window) -> str:
    """Write `up to 9 only` as the window spoken of, ended at that hour of the day it starts on."""
    hour, _, minute = match["clock"].partition(":")
    if int(hour) >= HOURS or int(minute or 0) >= MINUTES:
        return match[0]
    end = Calendar(window.start, window.time_zone).at(local_day(window), time(int(hour), int(minute or 0)))
    return span(window.start, end, window) if window.start < end <= window.end else match[0]


def _half(match: re.Match[str], window: Window) -> str | None:
    """Write `and the second half` as that of the month last spoken of."""
    month = _unit_text("month", window)
    return month and f"{match['which']} half of {month.removeprefix('in ')}"


def _weekday(match: re.Match[str], window: Window, now: datetime) -> str:
    """Write `the tuesday` as that of the week last spoken of; in this week it needs no date."""
    calendar, local = Calendar(now, window.time_zone), window.start.astimezone(ZoneInfo(window.time_zone)).date()
    monday = start_of(local, "week")
    if monday == start_of(calendar.today, "week") or window.end - window.start > timedelta(days=8):
        return match[0]
    wanted = time_language().weekdays[(match["day"] or match["bare"]).lower()]
    return f"on {monday + timedelta(days=wanted)}"


def _next_shift(match: re.Match[str], window: Window, shifts: Sequence[str]) -> str:
    """Write `the night shift after that` with its day."""
    calendar = Calendar(window.start, window.time_zone)
    place, is_after = time_language().shift_names[match["name"].lower()], match["side"].lower() == "after"
    days = [calendar.today + timedelta(days=step) for step in ((0, 1, 2) if is_after else (0, -1, -2))]
    found = ((day, Shifts(tuple(shifts), calendar).on(day, place)) for day in days)
    fits = (day for day, one in found if (one.start >= window.end if is_after else one.end <= window.start))
    return f"the {match['name']} shift of {next(fits, days[0])}"


def _rest(match: re.Match[str], window: Window, now: datetime) -> str:
    """Write `the rest of that week`: from the window's end to the end of its unit, or to now."""
    calendar = Calendar(window.start, window.time_zone)
    end = calendar.at(next_start(start_of(calendar.today, match["unit"].lower()), match["unit"].lower()))
    return span(window.end, min(end, now), window) if window.end < min(end, now) else match[0]


def _monthday(match: re.Match[str], window: Window) -> str | None:
    """Write `the 9th` as of the month last spoken of; None where that month has no such day."""
    local = local_day(window)
    try:
        return f"on {local.replace(day=int(match['day']))}"
    except ValueError:
        return None


def _extended(match: re.Match[str], window: Window, now: datetime, shifts: Sequence[str]) -> str:
    """Write `extend it back to the 1st of march`: one end of the window moved, the other kept."""
    said = match["point"].lower()
    found = [one for one in find_times(f"since {said}") if one.start == 0]
    if not found:
        return match[0]
    try:
        point = resolve(found[0], now=now, zone=window.time_zone, shifts=tuple(shifts)).window.start
    except WindowError:
        return match[0]
    left = f"since {said}"[found[0].end :]
    if point < window.start:
        return span(point, window.end, window) + left
    end = now if re.match(r"(?:today|now)\b", said) else point
    return span(window.start, end, window) + left
