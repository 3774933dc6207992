"""Figures and times as people read them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from config.counting import several

AGES = (
    ("year", 365 * 86400),
    ("month", 30 * 86400),
    ("week", 7 * 86400),
    ("day", 86400),
    ("hour", 3600),
    ("minute", 60),
)


def against_threshold(score: float, threshold: float) -> str:
    """Say a score against its threshold, as in `2.3x the threshold`."""
    if threshold <= 0:
        return f"score {score:.3g}, threshold {threshold:.3g}"
    ratio = score / threshold
    shown = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2f}" if ratio < 1.1 else f"{ratio:.1f}"  # noqa: PLR2004 - digits
    return f"{shown}x the threshold"


def against_good_ones(p_value: float | None, good_ones: int) -> str:
    """Say how many good ones a frame is odder than; empty where that is not known.

    The conformal p-value is (good ones at least as odd + 1) / (good ones + 1), so 1 / (n + 1) is its floor.
    """
    if p_value is None or good_ones <= 0:
        return ""
    as_odd = min(good_ones, max(0, round(p_value * (good_ones + 1)) - 1))
    if as_odd == 0:
        return f"odder than all {good_ones} good ones"
    return f"odder than {good_ones - as_odd} of {good_ones} good ones"


def clock(moment: datetime, zone: str, *, today: datetime) -> str:
    """Write a moment in a zone: the time alone if it is today, else the date too."""
    place = ZoneInfo(zone)
    local = moment.astimezone(place)
    is_today = local.date() == today.astimezone(place).date()
    return local.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M")


def day_and_time(moment: datetime, zone: str) -> str:
    """Write a moment in a zone with its date."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def ago(moment: datetime, *, now: datetime) -> str:
    """Say roughly how long ago, as in `3 weeks ago`."""
    seconds = max(0.0, (now - moment).total_seconds())
    for word, length in AGES:
        if seconds >= length:
            return f"{several(int(seconds // length), word)} ago"
    return "just now"


def span(minutes: float) -> str:
    """Write minutes as `1 h`, `30 min` or `1.5 h`."""
    return f"{minutes / 60:g} h" if minutes >= 60 else f"{minutes:g} min"  # noqa: PLR2004 - minutes in an hour
