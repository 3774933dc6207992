"""What people ask for: a span of time, a piece of work."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time [start, end), both aware UTC, and the zone it was read in."""

    start: datetime
    end: datetime
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is not a frame, inserted on a person's act and run only by detectors."""

    id: int
    kind: str
    arguments: dict[str, Any]
    requested_by: str
    state: str
    attempt: int
    result: dict[str, Any] | None = None
