"""One line of a history file, read and checked."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.history.fields import (
    LONGEST_TEXT,
    BadLineError,
    read_choice,
    read_figure,
    read_moment,
    read_name,
    read_object,
    read_optional_text,
    read_sha256,
    read_source,
)
from storage.records import LabelKind, Verdict
from storage.text import storable

REGION_KEYS = ("x", "y", "width", "height", "area")


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One inspection as it stands in a history file; sha256 is that of the frame's bytes, where it is known."""

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
    sha256: str | None = None

    @property
    def frame_sha256(self) -> str:
        """The hash of the frame, or a stand-in for bytes we never had; the same line always gives the same.

        Without a path, two images of one source in one second are told apart by their scores.
        """
        if self.sha256 is not None:
            return self.sha256
        name = self.path or f"\x00{self.score!r}"
        text = f"{self.source}\x00{self.captured_at.isoformat()}\x00{name}"
        return hashlib.sha256(text.encode()).hexdigest()


def parse_line(number: int, text: str) -> HistoryLine:
    """Read one line; raise BadLineError saying what is wrong with it."""
    values = read_object(text)
    label = read_optional_text(values, "label")
    return HistoryLine(
        number=number,
        source=read_source(values),
        captured_at=read_moment(values, "captured_at"),
        score=read_figure(values, "score"),
        threshold=read_figure(values, "threshold"),
        verdict=Verdict(read_choice(values, "verdict", Verdict)),
        detector=read_name(values, "detector"),
        path=read_optional_text(values, "path") or "",
        label=LabelKind(read_choice(values, "label", LabelKind)) if label else None,
        defect_class=read_optional_text(values, "defect_class"),
        regions=_regions(values),
        attributes=_attributes(values),
        incident=_incident(values),
        fault=read_optional_text(values, "fault"),
        sha256=read_sha256(values) if values.get("sha256") else None,
    )


def _regions(values: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    regions = values.get("regions") or []
    if not isinstance(regions, list) or not all(isinstance(region, dict) for region in regions):
        raise BadLineError("regions must be a list of objects")
    return tuple(
        {key: int(read_figure(region, key)) for key in REGION_KEYS if key in region}
        | {"peak": read_figure(region, "peak") if "peak" in region else 0.0}
        for region in regions
    )


def _attributes(values: dict[str, Any]) -> dict[str, str]:
    attributes = values.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise BadLineError("attributes must be an object")
    return {
        storable(str(key))[:80]: storable(str(value))[:LONGEST_TEXT]
        for key, value in attributes.items()
        if value is not None and str(value).strip()
    }


def _incident(values: dict[str, Any]) -> str | None:
    value = values.get("incident")
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise BadLineError("incident must be a name or a number")
    return storable(str(value))[:LONGEST_TEXT]
