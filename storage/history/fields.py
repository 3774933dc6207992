"""The fields of one JSON line, each read and checked."""

import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from storage.errors import StorageError
from storage.text import storable

LONGEST_TEXT = 500
BYTE_ORDER_MARK = "\ufeff"  # what some Windows programs begin a file with
LARGEST_NUMBER = 10**18  # more digits than a name has, and than Python turns into text without complaint
SHA256 = re.compile("[0-9a-f]{64}")
# Wider than the names of sources that are watched: other systems put spaces and letters of any language into theirs.
IMPORTED_SOURCE = re.compile(r"[^\W_](?:[\w. -]{0,61}[\w.-])?")


class BadLineError(StorageError):
    """A line of a file says something that cannot be kept."""


def read_object(text: str) -> dict[str, Any]:
    """Return the object a line holds; raise BadLineError, as everything here does."""
    try:
        values = json.loads(text.removeprefix(BYTE_ORDER_MARK))
    except (ValueError, RecursionError) as error:
        raise BadLineError("it is not JSON") from error
    if not isinstance(values, dict):
        raise BadLineError("it is not an object")
    return values


def read_source(values: dict[str, Any]) -> str:
    """Return the source's name; a number, as other systems have them, is a name too."""
    name = read_name(values, "source")
    if not IMPORTED_SOURCE.fullmatch(name):
        raise BadLineError(f"source {name[:80]!r} may hold only letters, digits, spaces, dot, dash and underscore")
    return name


def read_moment(values: dict[str, Any], key: str) -> datetime:
    """Return a moment in UTC; one without a time zone is refused."""
    text = read_text(values, key)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadLineError(f"{key} {text[:80]!r} is not a date and time as in RFC 3339") from error
    if moment.tzinfo is None:
        raise BadLineError(f"{key} {text[:80]!r} has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise BadLineError(f"{key} {text[:80]!r} is out of the calendar") from error


def read_figure(values: dict[str, Any], key: str) -> float:
    """Return a finite number."""
    value = values.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadLineError(f"{key} must be a finite number")
    try:
        figure = float(value)
    except OverflowError:
        figure = math.inf
    if not math.isfinite(figure):
        raise BadLineError(f"{key} must be a finite number")
    return figure


def read_text(values: dict[str, Any], key: str) -> str:
    """Return text that is not empty, cut to 500 characters."""
    value = values.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadLineError(f"{key} is missing")
    return storable(value.strip())[:LONGEST_TEXT]


def read_name(values: dict[str, Any], key: str) -> str:
    """Return a name, which may be written as a whole number."""
    value = values.get(key)
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER
    return str(value) if is_number else read_text(values, key)


def read_optional_text(values: dict[str, Any], key: str) -> str | None:
    """Return text, or None where there is none."""
    return None if values.get(key) in (None, "") else read_text(values, key)


def read_sha256(values: dict[str, Any]) -> str:
    """Return the hash of a photo's bytes."""
    text = read_text(values, "sha256")
    if not SHA256.fullmatch(text):
        raise BadLineError("sha256 must be 64 hexadecimal digits")
    return text


def read_choice(values: dict[str, Any], key: str, allowed: Iterable[str]) -> str:
    """Return one of the words allowed."""
    value, known = read_text(values, key), [str(each) for each in allowed]
    if value not in known:
        raise BadLineError(f"{key} {value[:80]!r} is not one of {', '.join(known)}")
    return value
