"""When a source is expected to send frames, in its own zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.sources import EVERY_DAY, ActiveSettings

ZERO = timedelta(0)
# Longer looks are cut: nobody needs to know that a source was silent for more than a year.
LONGEST = timedelta(days=400)


def is_active(moment: datetime, hours: ActiveSettings, zone: str) -> bool:
    """Tell whether frames are expected at a moment."""
    return any(start <= moment < end for start, end in _spans(moment, moment, hours, zone))


def active_between(since: datetime, until: datetime, hours: ActiveSettings, zone: str) -> timedelta:
    """Return how much of [since, until) frames are expected in."""
    since = max(since, until - LONGEST)
    if hours == ActiveSettings():
        return max(until - since, ZERO)
    within = (min(end, until) - max(start, since) for start, end in _spans(since, until, hours, zone))
    return sum((span for span in within if span > ZERO), ZERO)


def _spans(since: datetime, until: datetime, hours: ActiveSettings, zone: str) -> Iterator[tuple[datetime, datetime]]:
    """Yield the active spans, in UTC, of every day that may touch [since, until]."""
    place = ZoneInfo(zone)
    start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
    day, last = since.astimezone(place).date() - timedelta(days=1), until.astimezone(place).date()
    while day <= last:
        if EVERY_DAY[day.weekday()] in hours.days:
            end_day = day if end > start else day + timedelta(days=1)
            opens = datetime.combine(day, start, place).astimezone(UTC)
            yield opens, datetime.combine(end_day, end, place).astimezone(UTC)
        day += timedelta(days=1)
