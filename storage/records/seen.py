"""What was received and by what it is judged: sources, frames, detector versions."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

# The verdict on a fit with which nothing may be told unless a person says so.
NOT_FIT = "not fit"


class SourceState(StrEnum):
    """Where a source stands between its first fit and its daily work."""

    COMMISSIONING = "commissioning"
    LIVE = "live"
    PAUSED = "paused"
    NOT_JUDGED = "not_judged"


class FrameState(StrEnum):
    """Where a frame stands in the ledger; the last four are final (invariant I1)."""

    PENDING = "pending"
    LEASED = "leased"
    SCORED = "scored"
    REJECTED = "rejected"
    DROPPED = "dropped"
    DEAD_LETTER = "dead_letter"


class RejectReason(StrEnum):
    """Why an image could not be decoded: a closed list."""

    EMPTY = "empty"
    TRUNCATED = "truncated"
    NOT_AN_IMAGE = "not_an_image"
    FORMAT_NOT_ALLOWED = "format_not_allowed"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    BAD_ASPECT = "bad_aspect"
    NOT_FINITE = "not_finite"
    DECODER_CRASH = "decoder_crash"
    DECODER_TIMEOUT = "decoder_timeout"
    NOT_A_REGULAR_FILE = "not_a_regular_file"
    UNREADABLE = "unreadable"
    SETTINGS_MISMATCH = "settings_mismatch"


class DropReason(StrEnum):
    """Why a frame that waited is not judged: a closed list."""

    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Source:
    """Where images come from, as the database has seen it."""

    id: int
    name: str
    state: SourceState
    active_version_id: int | None
    created_at: datetime
    live_since: datetime | None = None
    last_frame_at: datetime | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class DetectorVersion:
    """One fitted model of one source, shown as `line-1@3`; bundle is a path under data_dir, None where imported."""

    id: int
    source_id: int
    name: str
    number: int
    created_at: datetime
    bundle: str | None
    manifest_sha256: str | None
    method: str
    preset: str
    embedding_space: str
    threshold: float
    promised_rate: float
    training_images: int
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def scores_as(self) -> str:
        """The version whose files it shares by hash: versions that give every image the same score have the same."""
        return str(self.details.get("scores_as") or self.name)

    @property
    def may_alert(self) -> bool:
        """Tell whether its anomalies may be told: not where the fit was judged not fit and no person overrode that."""
        fitness = self.details.get("fitness") or {}
        return fitness.get("word") != NOT_FIT or "fitness_overridden_by" in self.details


@dataclass(frozen=True, slots=True)
class NewFrame:
    """An image just received, its bytes already in the blob store.

    origin: what tells one arrival of a source from another (path, size, time): a restart takes none twice.
    """

    source_id: int
    sha256: str
    captured_at: datetime
    captured_by: str
    received_at: datetime
    name: str
    size_bytes: int
    origin: str | None = None
    sequence: int = 0
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frame:
    """A row of the ledger."""

    id: int
    source_id: int
    sha256: str
    captured_at: datetime
    captured_by: str
    received_at: datetime
    name: str
    state: FrameState
    reason: str | None
    attempt: int
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lease:
    """A frame in a worker's hands; owner and attempt are its fence."""

    frame: Frame
    owner: str
    attempt: int
