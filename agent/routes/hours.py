"""Spans of clock times in a zone, as moments: one span a day, whole even where daylight saving changes inside it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """One occurrence [start, end) of the hours, aware UTC, and the local day it started on."""

    start: datetime
    end: datetime
    day: date


def span_at(hours: str, zone: str, moment: datetime) -> Span | None:
    """Return the occurrence of `22:00-06:00` that holds a moment; None outside of the hours."""
    today = moment.astimezone(ZoneInfo(zone)).date()
    for day in (today - ONE_DAY, today):
        span = span_of(hours, zone, day)
        if span.start <= moment < span.end:
            return span
    return None


def span_of(hours: str, zone: str, day: date) -> Span:
    """Return the occurrence of the hours that starts on a local day.

    A start that daylight saving shows twice is the first, an end the last; one it skips lies as long after midnight as
    on any other day. So a night is one span, never two, and never ends before its clock time is over.
    """
    first, last = (time.fromisoformat(part) for part in hours.split("-"))
    end_day = day if last > first else day + ONE_DAY
    start = _moment(day, first, zone, fold=0)
    end = max(_moment(end_day, last, zone, fold=fold) for fold in (0, 1))
    return Span(start, end, day)


def _moment(day: date, clock: time, zone: str, *, fold: int) -> datetime:
    return datetime.combine(day, clock, tzinfo=ZoneInfo(zone)).replace(fold=fold).astimezone(UTC)
