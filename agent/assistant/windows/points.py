"""A point or stretch of time from its words, the ends of `since X` and `between X and Y`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent.assistant.windows.calendar import Calendar, add_units, next_start, start_of
from agent.assistant.windows.days import NamedDay, number_of, read_day
from agent.assistant.windows.language import TimeLanguage
from agent.assistant.windows.problems import NoSuchDateError, WindowError
from agent.assistant.windows.shifts import Shifts
from storage.records import Window

A_DAY = timedelta(days=1)
HALF_DAY = 12
DAY_HOURS = 24
MIDDLE = 15


@dataclass(frozen=True, slots=True)
class Moment:
    """Words of time resolved: the stretch [start, end), start == end for a clock time; `repeats`: see NamedDay."""

    start: datetime
    end: datetime
    repeats: str | None = None
    clock: time | None = None
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What reading a time needs: language, calendar, shifts."""

    language: TimeLanguage
    calendar: Calendar
    shifts: Shifts


def read_point(text: str, context: Context) -> Moment:
    """Read the words of a point in time; raise WindowError."""
    for form in context.language.point_forms:
        match = form.pattern.fullmatch(text.strip())
        if match is not None:
            return READERS[form.kind](match.groupdict(), context)
    raise WindowError(f"I cannot read the time {text!r}.")


def read_clock(text: str, language: TimeLanguage) -> tuple[time, bool]:
    """Read a clock time; the second value says whether it was a bare hour, such as `9`. Raise WindowError."""
    if text in language.clocks:
        return language.clocks[text], False
    digits = re.match(r"(\d{1,2})(?::?h?(\d\d))?(?::(\d\d))?", text)
    if digits is None:
        raise WindowError(f"{text!r} is not a time of day.")
    hour, minute = int(digits[1]), int(digits[2] or 0)
    rest = text[digits.end() :].replace(".", "").strip()
    if rest in {"am", "pm"}:
        hour = hour % HALF_DAY + (HALF_DAY if rest == "pm" else 0)
    if hour == DAY_HOURS:
        hour = 0
    try:
        return time(hour, minute, int(digits[3] or 0)), text.isdigit()
    except ValueError as error:
        raise WindowError(f"{text!r} is not a time of day.") from error


def day_moment(named: NamedDay, calendar: Calendar) -> Moment:
    """Return a whole local day."""
    return Moment(calendar.at(named.date), calendar.at(named.date + A_DAY), named.repeats)


def part_of(day: date, name: str, context: Context) -> Window:
    """Return a part of a day, such as its night, which runs into the next day."""
    part = context.language.parts[name]
    end_day = day + A_DAY if part.ends <= part.starts else day
    return context.calendar.window(context.calendar.at(day, part.starts), context.calendar.at(end_day, part.ends))


def spoken_part(which: str, name: str, context: Context) -> Window:
    """Return `this morning`, `last night`, `yesterday evening`, `overnight`, `tonight`."""
    today = context.calendar.today
    if which == "overnight":
        return part_of(today - A_DAY, "night", context)
    if which == "tonight":
        return part_of(today, "night", context)
    is_past = which == "yesterday" or (which == "last" and name in {"night", "nights", "evening", "overnight"})
    window = part_of(today - A_DAY if is_past else today, name, context)
    if which == "last" and window.end > context.calendar.now and not is_past:
        return part_of(today - A_DAY, name, context)
    return window


def the_day(text: str, context: Context) -> NamedDay:
    """Read the words of a day; raise WindowError."""
    named = read_day(text.strip(), context.language, context.calendar)
    if named is None:
        raise WindowError(f"I cannot read the day {text!r}.")
    return named


def period_of(which: str, unit: str, calendar: Calendar) -> tuple[date, date]:
    """Return the local days of this, last or next week, month, quarter or year."""
    first = start_of(calendar.today, unit)
    if which in {"last", "previous"}:
        first = add_units(first, -1, unit)
    elif which in {"next", "coming", "upcoming"}:
        first = add_units(first, 1, unit)
    return first, next_start(first, unit)


def month_of(month: int, year: int | None, calendar: Calendar) -> tuple[date, date]:
    """Return a month's local days; without a year the latest that has begun."""
    first = date(year or calendar.today.year, month, 1)
    if year is None and first > calendar.today:
        first = add_units(first, -1, "year")
    return first, next_start(first, "month")


Groups = dict[str, str | None]
Ends = tuple[datetime | None, datetime | None]


def _iso(groups: Groups, context: Context) -> Moment:
    text = (groups["iso"] or "").upper()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise NoSuchDateError(text) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(context.calendar.zone))
    return Moment(moment.astimezone(UTC), moment.astimezone(UTC), clock=moment.time())


def _clock(groups: Groups, context: Context) -> Moment:
    clock, is_bare = read_clock((groups["clock"] or "").strip(), context.language)
    calendar = context.calendar
    if not groups.get("day"):
        moment = calendar.at(calendar.today, clock)
        if moment > calendar.now:
            moment = calendar.at(calendar.today - A_DAY, clock)
        return Moment(moment, moment, "day", clock, is_bare)
    named = the_day(groups["day"] or "", context)
    if named.repeats and calendar.at(named.date, clock) > calendar.now:
        named = named.earlier()
    moment = calendar.at(named.date, clock)
    return Moment(moment, moment, named.repeats, clock, is_bare)


def _part(groups: Groups, context: Context) -> Moment:
    if groups.get("day"):
        window = part_of(the_day(groups["day"] or "", context).date, groups["part"] or "", context)
    else:
        window = spoken_part(groups["which"] or "", groups.get("part") or "night", context)
    return Moment(window.start, window.end)


def _edge(groups: Groups, context: Context) -> Moment:
    window = _edged(groups, context)
    moment = window[1] if groups["edge"] == "end" else window[0]
    return Moment(moment, moment)


def _edged(groups: Groups, context: Context) -> tuple[datetime, datetime]:
    calendar = context.calendar
    if groups.get("unit") == "shift":
        shift = context.shifts.ended() if groups.get("which") in {"last", "previous"} else context.shifts.current()
        return shift.start, shift.end
    if groups.get("unit"):
        first, after = period_of(groups.get("which") or "this", groups["unit"] or "", calendar)
    elif groups.get("month"):
        year = groups.get("year")
        first, after = month_of(context.language.months[groups["month"] or ""], int(year) if year else None, calendar)
    else:
        first = the_day(groups["day"] or "", context).date if groups.get("day") else calendar.today
        after = first + A_DAY
    return calendar.at(first), calendar.at(after)


def _mid(groups: Groups, context: Context) -> Moment:
    """Return the middle of a month: its 15th day."""
    year = int(groups["year"]) if groups.get("year") else None  # type: ignore[arg-type]  # looked at just before
    first, _ = month_of(context.language.months[groups["month"] or ""], year, context.calendar)
    return _days(first.replace(day=MIDDLE), first.replace(day=MIDDLE + 1), context)


def _shift(groups: Groups, context: Context) -> Moment:
    is_past = groups.get("which") in {"last", "previous"}
    if groups.get("name"):
        window = context.shifts.named(context.language.shift_names[groups["name"] or ""], has_ended=is_past)
    else:
        window = context.shifts.ended() if is_past else context.shifts.current()
    return Moment(window.start, window.end)


def _shift_on(groups: Groups, context: Context) -> Moment:
    place = context.language.shift_names[groups["name"] or ""]
    window = context.shifts.on(the_day(groups["day"] or "", context).date, place)
    return Moment(window.start, window.end)


def _period(groups: Groups, context: Context) -> Moment:
    return _days(*period_of(groups["which"] or "", groups["unit"] or "", context.calendar), context)


def _ago(groups: Groups, context: Context) -> Moment:
    number, unit = number_of(groups["number"] or "", context.language), context.language.units[groups["unit"] or ""]
    if unit == "day":
        return day_moment(NamedDay(context.calendar.today - timedelta(days=number)), context.calendar)
    moment = back(number, unit, context)
    return Moment(moment, moment)


def back(number: int, unit: str, context: Context) -> datetime:
    """Return the moment so many units before now; raise WindowError."""
    if unit == "shift":
        return context.shifts.ended(min(number, 1000)).start
    try:
        return context.calendar.back(context.calendar.now, number, unit)
    except (ValueError, OverflowError) as error:
        raise WindowError("That lies before every calendar.") from error


def _month(groups: Groups, context: Context) -> Moment:
    year = int(groups["year"]) if groups.get("year") else None  # type: ignore[arg-type]  # looked at just before
    found = _days(*month_of(context.language.months[groups["month"] or ""], year, context.calendar), context)
    return Moment(found.start, found.end, None if year else "year")


def _iso_month(groups: Groups, context: Context) -> Moment:
    return _days(*month_of(int(groups["month"] or ""), int(groups["year"] or ""), context.calendar), context)


def _year(groups: Groups, context: Context) -> Moment:
    first = date(int(groups["year"] or ""), 1, 1)
    return _days(first, next_start(first, "year"), context)


def _now(_: Groups, context: Context) -> Moment:
    return Moment(context.calendar.now, context.calendar.now)


def _day(groups: Groups, context: Context) -> Moment:
    return day_moment(the_day(groups["day"] or "", context), context.calendar)


def _days(first: date, after: date, context: Context) -> Moment:
    window = context.calendar.days(first, after)
    return Moment(window.start, window.end)


READERS: dict[str, Callable[[Groups, Context], Moment]] = {
    "iso": _iso,
    "clock": _clock,
    "part": _part,
    "edge": _edge,
    "mid": _mid,
    "shift": _shift,
    "shift_on": _shift_on,
    "period": _period,
    "ago": _ago,
    "iso_month": _iso_month,
    "day": _day,
    "month": _month,
    "year": _year,
    "now": _now,
}
