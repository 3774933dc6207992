"""A moment as people type it: `10:32`, `yesterday 10:32`, `2026-11-24 10:32`, or RFC 3339."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from storage.errors import StorageError

CLOCK = re.compile(r"(?:(yesterday|today)\s+)?(?:at\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?", re.IGNORECASE)


class MomentError(StorageError):
    """What was typed is no moment."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:40]!r} is no time; write it as 10:32, yesterday 10:32 or 2026-11-24 10:32.")


def read_moment(text: str, *, zone: str, now: datetime) -> datetime:
    """Return a moment in UTC; a clock time alone is the last one in its zone that is not after `now`.

    Raise MomentError. A clock time that a change of the clocks skips becomes the moment after it.
    """
    match = CLOCK.fullmatch(text.strip())
    try:
        return _clock(match, ZoneInfo(zone), now) if match else _dated(text.strip(), ZoneInfo(zone))
    except ValueError as error:
        raise MomentError(text) from error


def _clock(match: re.Match[str], zone: ZoneInfo, now: datetime) -> datetime:
    clock = time(int(match[2]), int(match[3]), int(match[4] or 0))
    today = now.astimezone(zone).date()
    if match[1] and match[1].lower() == "yesterday":
        today -= timedelta(days=1)
    moment = datetime.combine(today, clock, tzinfo=zone).astimezone(UTC)
    if moment > now and not match[1]:
        moment = datetime.combine(today - timedelta(days=1), clock, tzinfo=zone).astimezone(UTC)
    return moment


def _dated(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
