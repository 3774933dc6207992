"""How the house is, as a monitoring system asks: what waits, what is unsent, what was thrown away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from storage.records.seen import FrameState


@dataclass(frozen=True, slots=True)
class EndedFrames:
    """Frames of a source that were given up or rejected for one reason; with_image: those that could wait again."""

    source: str
    state: FrameState
    reason: str
    frames: int
    with_image: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """One source: its state, seconds since its newest frame came (None: none ever did), whether it is not judged."""

    name: str
    state: str
    last_frame_seconds: float | None
    is_out: bool


@dataclass(frozen=True, slots=True)
class Operations:
    """Figures of one moment; ages in seconds, 0 where nothing waits.

    latency: quantile to seconds from received to inspected in the last hour. lost: frames not inspected, received in
    the last day, by state and reason. jobs: by state, those not ended.
    """

    frames_waiting: int
    oldest_frame_seconds: float
    events_waiting: int
    oldest_event_seconds: float
    unsent: int
    oldest_unsent_seconds: float
    given_up: int
    open_incidents: int
    alarms: int
    sources: tuple[SourceFigures, ...] = ()
    latency: Mapping[float, float] = field(default_factory=dict)
    lost: Mapping[tuple[str, str], int] = field(default_factory=dict)
    jobs: Mapping[str, int] = field(default_factory=dict)
