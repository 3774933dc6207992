"""What people ask for: a span of time, a piece of work."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobKind(StrEnum):
    """What a piece of work is."""

    MISSED = "missed"
    AUDIT = "audit"
    SWEEP = "sweep"
    REFIT = "refit"
    THRESHOLD = "threshold"
    LOOK = "look"
    VIEW = "view"


class JobState(StrEnum):
    """How far a piece of work has come; the last two are final. One that waits lacks something yet."""

    WAITING = "waiting"
    PENDING = "pending"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"


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
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person thought of an answer: the last word counts; place names the answer, as channel:stamp."""

    place: str
    author: str
    is_helpful: bool
    question: str
    answer: str
    tools: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class JobLease:
    """A job in a runner's hands; owner and attempt are its fence."""

    job: Job
    owner: str
    attempt: int
