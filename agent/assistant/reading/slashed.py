"""Which of its two readings a date such as 4/10 has, where another date or the start of the record tells."""

import re
from datetime import datetime, timedelta

SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?![\d/])")
MONTHS_A_YEAR, DAYS_A_MONTH = 12, 31
ALWAYS = (24, 7)
A_DAY = timedelta(days=1)


def meant_date(text: str, readings: tuple[str, str], first: datetime | None, now: datetime) -> str | None:
    """Return the reading that is meant, None where either may be.

    readings: ISO dates, with the day said first and with the month said first; first: when the record starts.
    """
    pairs = [(int(one), int(two)) for one, two in SLASHED.findall(text)]
    pairs = [pair for pair in pairs if 1 <= min(pair) <= MONTHS_A_YEAR and max(pair) <= DAYS_A_MONTH and pair != ALWAYS]
    is_day_first = any(one > MONTHS_A_YEAR for one, _ in pairs)
    is_month_first = any(two > MONTHS_A_YEAR for _, two in pairs)
    if is_day_first is not is_month_first:
        return readings[is_month_first]
    if first is None:
        return None
    start, end = (moment.date().isoformat() for moment in (first - A_DAY, now + A_DAY))
    recorded = [reading for reading in readings if start <= reading <= end]
    return recorded[0] if len(recorded) == 1 else None


def with_date(text: str, said: str, meant: str) -> str:
    """Return a question with a date said otherwise, no part of another one: the 3/4 of `13/4 vs 3/4`."""
    return re.sub(rf"(?<![\d/]){re.escape(said)}(?![\d/])", meant, text, count=1)
