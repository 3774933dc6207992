"""What single settings may be: zones, patterns, cron lines, addresses that are shown without their secrets."""

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, PlainSerializer

CRON_FIELDS = 5
CRON_FIELD = re.compile(r"[a-z0-9*/,-]+", re.IGNORECASE)
USER_INFO = re.compile(r"//[^/@]*@")
QUERY = re.compile(r"\?.+", re.DOTALL)  # cameras and servers take keys and passwords there


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"{name!r} is not a time zone; allowed are IANA names such as Europe/Berlin"
        raise ValueError(message) from error
    return name


def _good_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        message = f"{pattern!r} is not a regular expression: {error}"
        raise ValueError(message) from error
    return pattern


def _good_cron(line: str) -> str:
    fields = line.split()
    if len(fields) != CRON_FIELDS or not all(CRON_FIELD.fullmatch(field) for field in fields):
        message = f"{line!r} is not five cron fields, as */5 6-22 * * mon-fri"
        raise ValueError(message)
    if any(letter.isdigit() for letter in fields[-1].split("/")[0]):
        message = f"name the weekdays in {line!r}, as mon-fri: their numbers mean different days to different programs"
        raise ValueError(message)
    return line


def without_password(url: str | None) -> str | None:
    """Return an address without the password and the query in it, as it may be shown."""
    return None if url is None else QUERY.sub("?***", USER_INFO.sub("//***@", url))


TimeZone = Annotated[str, AfterValidator(_known_zone)]
Pattern = Annotated[str, AfterValidator(_good_pattern)]
CronLine = Annotated[str, AfterValidator(_good_cron)]
Url = Annotated[str, PlainSerializer(without_password)]
