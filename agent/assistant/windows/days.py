"""One local day from its words: `yesterday`, `last Monday`, `12 March`, `12.03.2026`."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from dateutil.easter import easter

from agent.assistant.windows.calendar import Calendar, add_units, start_of
from agent.assistant.windows.language import TimeLanguage
from agent.assistant.windows.problems import AmbiguousDateError, NoSuchDateError, WindowError

WEEK = timedelta(days=7)
CENTURY = 2000
MONTHS_A_YEAR = 12
LONGEST_SUMMER = 366
# Days after Easter Sunday, and days of a year, by how a holiday's name without spaces starts.
AFTER_EASTER = {"goodfriday": -2, "eastersunday": 0, "eastermonday": 1, "ascensionday": 39, "whitmonday": 50}
FIXED = {
    "christmaseve": (12, 24),
    "christmasday": (12, 25),
    "boxingday": (12, 26),
    "newyeareve": (12, 31),
    "newyearday": (1, 1),
    "epiphany": (1, 6),
    "valentine": (2, 14),
    "womensday": (3, 8),
    "womenday": (3, 8),
    "patrick": (3, 17),
    "aprilfool": (4, 1),
    "labo": (5, 1),
    "halloween": (10, 31),
}
NEXT = {"next", "coming", "this coming", "upcoming"}


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day, and the unit after which its name comes round again: week for weekdays, year for dates without one."""

    date: date
    repeats: str | None = None

    def earlier(self) -> "NamedDay":
        """Return the same name one round earlier."""
        return self if self.repeats is None else NamedDay(add_units(self.date, -1, self.repeats), self.repeats)


def read_day(text: str, language: TimeLanguage, calendar: Calendar) -> NamedDay | None:
    """Read words that name one day; None where they do not; raise WindowError for a date that cannot be."""
    for form in language.day_forms:
        match = form.pattern.fullmatch(text)
        if match is not None:
            return READERS[form.kind](match, language, calendar)
    return None


def number_of(text: str, language: TimeLanguage) -> int:
    """Read a number in digits or words."""
    return int(text) if text.isdigit() else language.numbers[text]


def monthday_of(text: str) -> int:
    """Read `12`, `12.` or `12th`."""
    return int(re.sub(r"\D", "", text))


def dated(day: int, month: int, year: int | None, said: str, calendar: Calendar) -> NamedDay:
    """Return a date; without a year the latest one not after today. Raise NoSuchDateError."""
    try:
        if year is not None:
            return NamedDay(date(year, month, day))
        for candidate in range(calendar.today.year, calendar.today.year - 9, -1):
            if _exists(candidate, month, day) and date(candidate, month, day) <= calendar.today:
                return NamedDay(date(candidate, month, day), "year")
        return NamedDay(date(calendar.today.year, month, day), "year")
    except ValueError as error:
        raise NoSuchDateError(said) from error


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _iso(match: re.Match[str], _: TimeLanguage, calendar: Calendar) -> NamedDay:
    return dated(int(match["day"]), int(match["month"]), int(match["year"]), match[0], calendar)


def _year(text: str | None) -> int | None:
    return None if text is None else int(text) + (CENTURY if int(text) < 100 else 0)  # noqa: PLR2004 - two digits


def _dotted(match: re.Match[str], _: TimeLanguage, calendar: Calendar) -> NamedDay:
    return dated(int(match["day"]), int(match["month"]), _year(match["year"]), match[0], calendar)


def _slashed(match: re.Match[str], _: TimeLanguage, calendar: Calendar) -> NamedDay:
    one, two, year = int(match["one"]), int(match["two"]), _year(match["year"])
    if one > MONTHS_A_YEAR or one == two:
        return dated(one, two, year, match[0], calendar)
    if two > MONTHS_A_YEAR:
        return dated(two, one, year, match[0], calendar)
    both = dated(one, two, year, match[0], calendar), dated(two, one, year, match[0], calendar)
    raise AmbiguousDateError(match[0], (both[0].date.isoformat(), both[1].date.isoformat()))


def _written(match: re.Match[str], language: TimeLanguage, calendar: Calendar) -> NamedDay:
    year = int(match["year"]) if match["year"] else None
    return dated(monthday_of(match["day"]), language.months[match["month"]], year, match[0], calendar)


def _named(match: re.Match[str], language: TimeLanguage, calendar: Calendar) -> NamedDay:
    return NamedDay(calendar.today - timedelta(days=language.days[match["name"]]))


def _days_ago(match: re.Match[str], language: TimeLanguage, calendar: Calendar) -> NamedDay:
    return NamedDay(_moved(calendar.today, -number_of(match["number"], language), "day"))


def _week_weekday(match: re.Match[str], language: TimeLanguage, calendar: Calendar) -> NamedDay:
    monday = start_of(calendar.today, "week")
    if match["week"] != "this":
        monday -= WEEK
    return NamedDay(monday + timedelta(days=language.weekdays[match["weekday"]]))


def _weekday(match: re.Match[str], language: TimeLanguage, calendar: Calendar) -> NamedDay:
    wanted, which = language.weekdays[match["weekday"]], match["which"]
    days_back = (calendar.today.weekday() - wanted) % 7
    if which in {"last", "previous", "past"}:
        return NamedDay(calendar.today - timedelta(days=days_back or 7))
    if which in NEXT:
        return NamedDay(calendar.today + timedelta(days=7 - days_back))
    if which == "this":
        return NamedDay(start_of(calendar.today, "week") + timedelta(days=wanted))
    return NamedDay(calendar.today - timedelta(days=days_back), "week")


def _holiday(match: re.Match[str], _: TimeLanguage, calendar: Calendar) -> NamedDay:
    """Return a holiday of the western calendar, the latest not after today."""
    name = re.sub(r"[^a-z]|^(?:saint|st\.?)(?= )", "", match["holiday"])
    return NamedDay(next(day for day in _rounds(name, calendar) if day <= calendar.today), "year")


def _rounds(name: str, calendar: Calendar) -> list[date]:
    years = (calendar.today.year, calendar.today.year - 1)
    if name in AFTER_EASTER:
        return [easter(year) + timedelta(days=AFTER_EASTER[name]) for year in years]
    month, day = next(found for start, found in FIXED.items() if name.replace("newyears", "newyear").startswith(start))
    return [date(year, month, day) for year in years]


def _clock_change(_: re.Match[str], __: TimeLanguage, calendar: Calendar) -> NamedDay:
    """Return the last day on which the clocks of the zone were changed; raise WindowError where they never were."""
    days = [calendar.today - timedelta(days=back) for back in range(LONGEST_SUMMER)]
    for day in days:
        if _offset(day + timedelta(days=1), calendar) != _offset(day, calendar):
            return NamedDay(day)
    raise WindowError(f"No clocks were changed in {calendar.zone} in the last year.")


def _offset(day: date, calendar: Calendar) -> timedelta | None:
    return calendar.at(day).astimezone(ZoneInfo(calendar.zone)).utcoffset()


def _weekday_before(match: re.Match[str], language: TimeLanguage, calendar: Calendar) -> NamedDay:
    """Return `sunday before last`."""
    days_back = (calendar.today.weekday() - language.weekdays[match["weekday"]]) % 7 or 7
    return NamedDay(calendar.today - timedelta(days=days_back) - WEEK)


def _week_ago(match: re.Match[str], language: TimeLanguage, calendar: Calendar) -> NamedDay:
    """Return `a week ago on sunday`: a week before the last sunday, which may be today."""
    days_back = (calendar.today.weekday() - language.weekdays[match["weekday"]]) % 7
    return NamedDay(calendar.today - timedelta(days=days_back) - WEEK)


def _monthday(match: re.Match[str], _: TimeLanguage, calendar: Calendar) -> NamedDay:
    day, first = int(match["day"]), start_of(calendar.today, "month")
    for _back in range(MONTHS_A_YEAR):
        if _exists(first.year, first.month, day) and date(first.year, first.month, day) <= calendar.today:
            return NamedDay(date(first.year, first.month, day), "month")
        first = add_units(first, -1, "month")
    raise NoSuchDateError(match[0])


def _moved(day: date, number: int, unit: str) -> date:
    try:
        return add_units(day, number, unit)
    except ValueError as error:
        raise WindowError("That lies before every calendar.") from error


READERS = {
    "iso": _iso,
    "dotted": _dotted,
    "slashed": _slashed,
    "written": _written,
    "named": _named,
    "days_ago": _days_ago,
    "holiday": _holiday,
    "clock_change": _clock_change,
    "weekday_before": _weekday_before,
    "week_ago": _week_ago,
    "week_weekday": _week_weekday,
    "weekday": _weekday,
    "monthday": _monthday,
}
