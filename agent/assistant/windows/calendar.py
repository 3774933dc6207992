"""Calendar arithmetic in one zone: local days, weeks and clock times as UTC moments, safe across DST."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from storage.records import Window

MIDNIGHT = time()
MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Calendar:
    """The calendar of one zone, seen from `now` (aware UTC)."""

    now: datetime
    zone: str

    @property
    def local(self) -> datetime:
        """Now, as a clock in the zone shows it."""
        return self.now.astimezone(ZoneInfo(self.zone))

    @property
    def today(self) -> date:
        """The local date."""
        return self.local.date()

    def at(self, day: date, clock: time = MIDNIGHT) -> datetime:
        """Return the UTC moment of a local clock time; one that a DST change skips becomes the moment after it."""
        return datetime.combine(day, clock, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def days(self, first: date, after: date) -> Window:
        """Return the window from the start of one local day to the start of another."""
        return Window(self.at(first), self.at(after), self.zone)

    def window(self, start: datetime, end: datetime) -> Window:
        """Return a window in this zone."""
        return Window(start.astimezone(UTC), end.astimezone(UTC), self.zone)

    def back(self, moment: datetime, number: int, unit: str) -> datetime:
        """Return the moment so many units earlier: hours as time passes, days and longer by the local calendar."""
        if unit in {"minute", "hour"}:
            return moment - timedelta(**{f"{unit}s": number})
        local = moment.astimezone(ZoneInfo(self.zone))
        clock = local.timetz().replace(tzinfo=None)
        return self.at(add_units(local.date(), -number, unit), clock)


def add_units(day: date, number: int, unit: str) -> date:
    """Move a date by days, weeks, months, quarters or years; the end of a shorter month holds it. Raise ValueError."""
    try:
        if unit in {"day", "week"}:
            return day + timedelta(days=number * (7 if unit == "week" else 1))
        months = day.year * MONTHS_A_YEAR + day.month - 1 + number * {"month": 1, "quarter": 3, "year": 12}[unit]
        first = date(months // MONTHS_A_YEAR, months % MONTHS_A_YEAR + 1, 1)
        return min(first + timedelta(days=day.day - 1), next_start(first, "month") - timedelta(days=1))
    except OverflowError as error:
        message = "that lies too far away"
        raise ValueError(message) from error


def start_of(day: date, unit: str) -> date:
    """Return the first day of the week (Monday), month, quarter or year a date is in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=day.month - (day.month - 1) % 3, day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def next_start(first: date, unit: str) -> date:
    """Return the first day after the unit that starts on `first`."""
    if unit in {"day", "week"}:
        return first + timedelta(days=7 if unit == "week" else 1)
    months = first.month - 1 + {"month": 1, "quarter": 3, "year": 12}[unit]
    return date(first.year + months // MONTHS_A_YEAR, months % MONTHS_A_YEAR + 1, 1)


def spans_of(window: Window, unit: str, *, most: int) -> list[tuple[datetime, datetime]]:
    """Cut a window at the local starts of its hours, days, weeks or months; raise ValueError beyond `most`."""
    spans = []
    for start, end in _cuts(window, unit):
        spans.append((start, end))
        if len(spans) > most:
            message = f"more than {most} {unit}s"
            raise ValueError(message)
    return spans


def _cuts(window: Window, unit: str) -> Iterator[tuple[datetime, datetime]]:
    start = window.start
    while start < window.end:
        end = min(_next_cut(start, window.time_zone, unit), window.end)
        yield start, end
        start = end


def _next_cut(moment: datetime, zone: str, unit: str) -> datetime:
    local = moment.astimezone(ZoneInfo(zone))
    if unit == "hour":
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return moment - into + timedelta(hours=1)
    after = next_start(start_of(local.date(), unit), unit)
    return Calendar(moment, zone).at(after)
