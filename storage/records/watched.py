"""What is watched from one look to the next, and what a look said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ToldDrift:
    """A drift that was told: which way scores went (higher, lower), in words, and when."""

    direction: str
    sentence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DriftCheck:
    """What the drift check of a detector version knows after an inspection; state is the detectors' own."""

    detector_version_id: int
    last_inspection_id: int
    state: dict[str, Any]
    told: tuple[ToldDrift, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `oddspot doctor`: what was looked at, whether it is well, and what to do where it is not."""

    name: str
    is_ok: bool
    found: str
    fix: str = ""
