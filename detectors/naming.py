"""When an image was captured and what it shows: read from sidecar, file name, EXIF or file time, in that order."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from zoneinfo import ZoneInfo

from config.sources import CaptureSettings
from detectors.sources.port import Arrival
from storage.text import storable

EXIF_FORMAT = "%Y:%m:%d %H:%M:%S"
LONGEST_ATTRIBUTE = 200
FUTURE = timedelta(days=1)
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Capture:
    """When (aware UTC), by which rule, and which allowed attributes."""

    at: datetime
    by: str
    attributes: dict[str, str] = field(default_factory=dict)


def read_capture(
    arrival: Arrival,
    settings: CaptureSettings,
    *,
    time_zone: str,
    read_exif: Callable[[], str | None],
    now: datetime,
) -> Capture:
    """Apply the rules in order; a stamp that cannot be read, or no camera can have made, falls to the next rule."""
    named = _named_groups(arrival.name, settings.name_pattern)
    attributes = _attributes(arrival, named, settings.attributes)
    candidates: list[tuple[str, Callable[[], datetime | None]]] = [
        ("sidecar", lambda: _iso(arrival.sidecar.get("captured_at"), time_zone)),
        ("name", lambda: _stamped(named.get("time"), settings.time_format, time_zone)),
    ]
    if settings.trust_exif:
        candidates.append(("exif", lambda: _stamped(read_exif(), EXIF_FORMAT, time_zone)))
    for rule, read in candidates:
        moment = read()
        if moment is not None and EARLIEST <= moment <= now + FUTURE:
            return Capture(moment, rule, attributes)
    if EARLIEST <= arrival.modified_at <= now + FUTURE:
        return Capture(arrival.modified_at, "mtime", attributes)
    return Capture(now, "received", attributes)


def _named_groups(name: str, pattern: str | None) -> dict[str, str]:
    if pattern is None:
        return {}
    found = re.search(pattern, PurePath(name).name)
    return {key: value for key, value in found.groupdict().items() if value} if found else {}


def _attributes(arrival: Arrival, named: dict[str, str], allowed: tuple[str, ...]) -> dict[str, str]:
    beside = arrival.sidecar.get("attributes")
    values = {**named, **(beside if isinstance(beside, dict) else {})}
    return {key: storable(str(values[key]))[:LONGEST_ATTRIBUTE] for key in allowed if key in values}


def _iso(value: object, time_zone: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
    return _in_utc(moment, time_zone)


def _stamped(value: str | None, form: str, time_zone: str) -> datetime | None:
    try:
        moment = datetime.strptime(value, form) if value else None  # noqa: DTZ007 - the zone is the source's
    except ValueError:
        return None
    return _in_utc(moment, time_zone)


def _in_utc(moment: datetime | None, time_zone: str) -> datetime | None:
    if moment is None:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(time_zone))).astimezone(UTC)
    except (OverflowError, ValueError):  # the first and last days of the calendar
        return None
