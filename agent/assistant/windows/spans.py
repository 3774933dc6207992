"""Stretches with two ends: between two points, so long before or after one, some days of a month."""

import re
from datetime import date, datetime, time

from agent.assistant.windows.calendar import Calendar
from agent.assistant.windows.days import dated, monthday_of, number_of
from agent.assistant.windows.points import (
    A_DAY,
    HALF_DAY,
    Context,
    Groups,
    Moment,
    read_clock,
    read_point,
    the_day,
)
from agent.assistant.windows.problems import NoSuchDateError, WindowError

Ends = tuple[datetime | None, datetime | None]
A_YEAR = "year"


def between(groups: Groups, context: Context) -> Ends:
    """Return from one point to another, or between two clocks of a day; raise WindowError."""
    if groups.get("day"):
        return _between_on_a_day(groups, context)
    first, last = read_point(groups["a"] or "", context), read_point(groups["b"] or "", context)
    if _is_clock_alone(first) and _is_clock_alone(last):
        day = context.calendar.today
        start, end = _clock_span(groups, day, context)
        return (start, end) if start <= context.calendar.now else _clock_span(groups, day - A_DAY, context)
    if _is_clock_alone(last):
        return first.start, _next_clock(first.start, last.clock or time(), context.calendar)
    if _is_clock_alone(first):
        clock = first.clock or time()
        if first.is_bare and last.clock is not None:
            clock = _same_half(clock, last.clock, groups["b"] or "")
        return _last_clock(last.end, clock, context.calendar), last.end
    return _in_order(first, last, groups, context)


def _in_order(first: Moment, last: Moment, groups: Groups, context: Context) -> Ends:
    """Return both ends; of a year that only one of them names, the other is the nearest: `1 to 31 may 2027`."""
    back, start, end = context.calendar.back, first.start, last.end
    if first.repeats == A_YEAR and last.repeats is None:
        start = back(start, start.year - end.year, A_YEAR)
    if first.repeats is None and last.repeats == A_YEAR:
        end = back(end, end.year - start.year, A_YEAR)
        end = end if start < end else back(end, -1, A_YEAR)
    if start >= end and first.repeats:
        start = back(start, 1, first.repeats)
    if start >= end:
        raise WindowError(f"{groups['a']} comes after {groups['b']}.")
    return start, end


def _between_on_a_day(groups: Groups, context: Context) -> Ends:
    day = the_day(groups["day"] or "", context).date
    try:
        return _clock_span(groups, day, context)
    except WindowError:
        return read_point(f"{groups['day']} {groups['a']}", context).start, read_point(groups["b"] or "", context).end


def _is_clock_alone(moment: Moment) -> bool:
    return moment.clock is not None and moment.repeats == "day"


def _clock_span(groups: Groups, day: date, context: Context) -> tuple[datetime, datetime]:
    """Return the span between two clock times from a day on; a second one not after the first is the next day's."""
    texts = (groups["a"] or "").strip(), (groups["b"] or "").strip()
    (first, is_first_bare), (last, is_last_bare) = (read_clock(text, context.language) for text in texts)
    if is_first_bare and not is_last_bare:
        first = _same_half(first, last, texts[1])
    if is_first_bare and is_last_bare and last <= first < time(HALF_DAY + 1) and last.hour + HALF_DAY > first.hour:
        last = last.replace(hour=(last.hour + HALF_DAY) % 24)
    end_day = day + A_DAY if last <= first else day
    return context.calendar.at(day, first), context.calendar.at(end_day, last)


def _same_half(first: time, last: time, said: str) -> time:
    """Return `9` in `9 to 11 pm` as 21:00."""
    is_evening = re.search(r"\d ?p\.?m", said) is not None
    return first.replace(hour=first.hour + HALF_DAY) if is_evening and first.hour < last.hour - HALF_DAY else first


def _next_clock(after: datetime, clock: time, calendar: Calendar) -> datetime:
    day = Calendar(after, calendar.zone).today
    moment = calendar.at(day, clock)
    return moment if moment > after else calendar.at(day + A_DAY, clock)


def _last_clock(before: datetime, clock: time, calendar: Calendar) -> datetime:
    day = Calendar(before, calendar.zone).today
    moment = calendar.at(day, clock)
    return moment if moment < before else calendar.at(day - A_DAY, clock)


def span_before(groups: Groups, context: Context) -> Ends:
    """Return so many units up to a point: `the three days before 12 march`."""
    end = read_point(groups["a"] or "", context).start
    return _moved(end, -_units_said(groups, context), groups, context), end


def span_after(groups: Groups, context: Context) -> Ends:
    """Return so many units from the end of a point on."""
    start = read_point(groups["a"] or "", context).end
    return start, _moved(start, _units_said(groups, context), groups, context)


def _units_said(groups: Groups, context: Context) -> int:
    return number_of(groups["number"] or "1", context.language) if groups.get("number") else 1


def _moved(moment: datetime, number: int, groups: Groups, context: Context) -> datetime:
    unit = context.language.units[groups["unit"] or ""]
    if unit == "shift":
        raise WindowError("I need the day and the shift for that: say, for example, the night shift of Monday.")
    try:
        return context.calendar.back(moment, -number, unit)
    except (ValueError, OverflowError) as error:
        raise WindowError("That lies outside every calendar.") from error


def days(groups: Groups, context: Context) -> Ends:
    """Return some days of one month; raise WindowError."""
    if groups.get("month"):
        month, year = context.language.months[groups["month"] or ""], groups.get("year")
        said = f"{groups['b']} {groups['month']}"
        last = dated(monthday_of(groups["b"] or ""), month, int(year) if year else None, said, context.calendar).date
    else:
        last = the_day(groups["b"] or "", context).date
    try:
        first = last.replace(day=monthday_of(groups["a"] or ""))
    except ValueError as error:
        raise NoSuchDateError(f"{groups['a']} of that month") from error
    if first > last:
        raise WindowError(f"{groups['a']} comes after {groups['b']}.")
    return context.calendar.at(first), context.calendar.at(last + A_DAY)


def after_on(groups: Groups, context: Context) -> Ends:
    """Return a day from a clock on."""
    day = the_day(groups["day"] or "", context).date
    start = context.calendar.at(day, read_clock(groups["a"] or "", context.language)[0])
    return start, context.calendar.at(day + A_DAY)


def before_on(groups: Groups, context: Context) -> Ends:
    """Return a day up to a clock."""
    day = the_day(groups["day"] or "", context).date
    return context.calendar.at(day), context.calendar.at(day, read_clock(groups["a"] or "", context.language)[0])
