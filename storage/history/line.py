"""One line of a history file, read and checked."""

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from config.settings import SOURCE_NAME
from storage.errors import StorageError
from storage.records import LabelKind, Verdict
from storage.text import storable

LONGEST_TEXT = 500
REGION_KEYS = ("x", "y", "width", "height", "area")


class BadLineError(StorageError):
    """A line of a history file says something that cannot be kept."""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One inspection as it stands in a history file."""

    number: int
    source: str
    captured_at: datetime
    score: float
    threshold: float
    verdict: Verdict
    detector: str
    path: str
    label: LabelKind | None
    defect_class: str | None
    regions: tuple[dict[str, Any], ...]
    attributes: dict[str, str]
    incident: str | None
    fault: str | None

    @property
    def frame_sha256(self) -> str:
        """A stand-in for the hash of bytes we never had; the same line always gives the same."""
        text = f"{self.source}\x00{self.captured_at.isoformat()}\x00{self.path}"
        return hashlib.sha256(text.encode()).hexdigest()


def parse_line(number: int, text: str) -> HistoryLine:
    """Read one line; raise BadLineError saying what is wrong with it."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadLineError("it is not JSON") from error
    if not isinstance(values, dict):
        raise BadLineError("it is not an object")
    label = _optional_text(values, "label")
    return HistoryLine(
        number=number,
        source=_source(values),
        captured_at=_moment(values),
        score=_figure(values, "score"),
        threshold=_figure(values, "threshold"),
        verdict=Verdict(_one_of(_text(values, "verdict"), "verdict", Verdict)),
        detector=_text(values, "detector"),
        path=_optional_text(values, "path") or "",
        label=LabelKind(_one_of(label, "label", LabelKind)) if label else None,
        defect_class=_optional_text(values, "defect_class"),
        regions=_regions(values),
        attributes=_attributes(values),
        incident=_incident(values),
        fault=_optional_text(values, "fault"),
    )


def _source(values: dict[str, Any]) -> str:
    name = _text(values, "source")
    if not SOURCE_NAME.fullmatch(name):
        raise BadLineError(f"source {name[:80]!r} may hold only letters, digits, dot, dash and underscore")
    return name


def _moment(values: dict[str, Any]) -> datetime:
    text = _text(values, "captured_at")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadLineError(f"captured_at {text[:80]!r} is not a date and time as in RFC 3339") from error
    if moment.tzinfo is None:
        raise BadLineError(f"captured_at {text[:80]!r} has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise BadLineError(f"captured_at {text[:80]!r} is out of the calendar") from error


def _figure(values: dict[str, Any], key: str) -> float:
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


def _text(values: dict[str, Any], key: str) -> str:
    value = values.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadLineError(f"{key} is missing")
    return storable(value.strip())[:LONGEST_TEXT]


def _optional_text(values: dict[str, Any], key: str) -> str | None:
    return None if values.get(key) in (None, "") else _text(values, key)


def _one_of(value: str, key: str, allowed: type[Verdict | LabelKind]) -> str:
    known = [str(each) for each in allowed]
    if value not in known:
        raise BadLineError(f"{key} {value[:80]!r} is not one of {', '.join(known)}")
    return value


def _regions(values: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    regions = values.get("regions") or []
    if not isinstance(regions, list) or not all(isinstance(region, dict) for region in regions):
        raise BadLineError("regions must be a list of objects")
    return tuple(
        {key: int(_figure(region, key)) for key in REGION_KEYS if key in region}
        | {"peak": _figure(region, "peak") if "peak" in region else 0.0}
        for region in regions
    )


def _attributes(values: dict[str, Any]) -> dict[str, str]:
    attributes = values.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise BadLineError("attributes must be an object")
    return {storable(str(key))[:80]: storable(str(value))[:LONGEST_TEXT] for key, value in attributes.items()}


def _incident(values: dict[str, Any]) -> str | None:
    value = values.get("incident")
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise BadLineError("incident must be a name or a number")
    return storable(str(value))[:LONGEST_TEXT]
