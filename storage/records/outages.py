"""What keeps frames from being judged: a fault of the camera, or a source gone silent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Fault(StrEnum):
    """A flag on a frame that cannot be judged: a closed list."""

    BLACK = "black"
    SATURATED = "saturated"
    BLURRED = "blurred"
    FROZEN = "frozen"
    MOVED = "moved"
    EXPOSURE = "exposure"


# An outage without frames: none came.
SILENT = "silent"


@dataclass(frozen=True, slots=True)
class RecentFrame:
    """A frame scored lately, as what follows it is held against; signs are the detectors' own."""

    frame_id: int
    sha256: str
    captured_at: datetime
    fault: str | None
    signs: Mapping[str, float] | None


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which a source was not judged; kind is a fault, or `silent`.

    started_at: the first frame concerned, or the last that came before the silence. last_at: the last frame concerned,
    or, of a silence, the last look at it. ended_at: None while it goes on. good: good frames in a row since then.
    told_frames: how many frames its message says.
    """

    id: int
    source_id: int
    source: str
    kind: str
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None
    frames: int
    good: int
    told_frames: int = 0
    channel: str | None = None
    message_ts: str | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether it still goes on."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class NotJudged:
    """What of a window a source was not judged: by kind, minutes and frames; minutes of all kinds never overlap."""

    source: str
    kind: str
    minutes: float
    frames: int
    outages: int
