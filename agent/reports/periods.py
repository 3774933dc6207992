"""The periods reports are of: a shift, a day, a week from Monday, a month, each by the calendar of one zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from agent.assistant.windows.calendar import Calendar, next_start, spans_of, start_of
from agent.assistant.windows.shifts import Shifts
from agent.errors import AgentError
from storage.records import Window

MOST_SPANS = 50
MONTH_LENGTH = len("2026-11")
DATE_LENGTH = len("2026-11-25")


class PeriodKind(StrEnum):
    """How long a period is."""

    SHIFT = "shift"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class BadMomentError(AgentError):
    """A text names no moment of the calendar."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no month, date or local time, as 2026-11, 2026-11-25 or 2026-11-25T14:00.")


@dataclass(frozen=True, slots=True)
class Period:
    """A span of the calendar; its window is in its zone, and whole even where it has not ended yet."""

    kind: PeriodKind
    window: Window

    @property
    def title(self) -> str:
        """Its name, as in `October 2026`."""
        zone = ZoneInfo(self.window.time_zone)
        start, end = self.window.start.astimezone(zone), self.window.end.astimezone(zone)
        if self.kind is PeriodKind.MONTH:
            return f"{start:%B %Y}"
        if self.kind is PeriodKind.WEEK:
            last = end - timedelta(days=1)
            return f"week {start.isocalendar().week}, {start.day} {start:%b} to {last.day} {last:%b %Y}"
        if self.kind is PeriodKind.DAY:
            return f"{start:%A}, {start.day} {start:%B %Y}"
        return f"shift {start:%H:%M} to {end:%H:%M}, {start:%a} {start.day} {start:%b %Y}"

    @property
    def slug(self) -> str:
        """Its name in a file's name, as in `2026-10`."""
        start = self.window.start.astimezone(ZoneInfo(self.window.time_zone))
        if self.kind is PeriodKind.MONTH:
            return f"{start:%Y-%m}"
        if self.kind is PeriodKind.WEEK:
            year, week, _ = start.isocalendar()
            return f"{year}-week-{week:02}"
        return f"{start:%Y-%m-%d}" if self.kind is PeriodKind.DAY else f"{start:%Y-%m-%d-%H%M}"

    def so_far(self, now: datetime) -> Window:
        """Return its window, as far as it has run."""
        return Window(self.window.start, max(self.window.start, min(self.window.end, now)), self.window.time_zone)

    def spans(self) -> list[tuple[datetime, datetime]]:
        """Cut it for a chart: shifts and days by hours, longer ones by days."""
        unit = "hour" if self.kind in {PeriodKind.SHIFT, PeriodKind.DAY} else "day"
        return spans_of(self.window, unit, most=MOST_SPANS)


def last_ended(kind: PeriodKind, *, zone: str, shifts: tuple[str, ...], now: datetime) -> Period:
    """Return the latest period of a kind that has ended."""
    calendar = Calendar(now, zone)
    if kind is PeriodKind.SHIFT:
        return Period(kind, Shifts(shifts, calendar).ended())
    before = start_of(calendar.today, kind) - timedelta(days=1)
    return _holding(kind, calendar, before)


def period_at(kind: PeriodKind, text: str, *, zone: str, shifts: tuple[str, ...], now: datetime) -> Period:
    """Return the period that holds a month, date or local time, as 2026-11, 2026-11-25 or 2026-11-25T14:00.

    A date alone names the first shift that starts on it. Raise BadMomentError.
    """
    calendar = Calendar(now, zone)
    day, clock = _read(text)
    try:
        if kind is not PeriodKind.SHIFT:
            return _holding(kind, calendar, day)
        there = Shifts(shifts, calendar)
        return Period(kind, there.on(day, 0) if clock is None else there.at(calendar.at(day, clock)))
    except (OverflowError, ValueError) as error:
        raise BadMomentError(text) from error


def _holding(kind: PeriodKind, calendar: Calendar, day: date) -> Period:
    first = start_of(day, kind)
    return Period(kind, calendar.days(first, next_start(first, kind)))


def _read(text: str) -> tuple[date, time | None]:
    try:
        if len(text) == MONTH_LENGTH:
            return date.fromisoformat(f"{text}-01"), None
        if len(text) == DATE_LENGTH:
            return date.fromisoformat(text), None
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadMomentError(text) from error
    if moment.tzinfo is not None:
        raise BadMomentError(text)
    return moment.date(), moment.time()
