"""The frozen records that cross packages: what was seen, found, said and still has to be told."""

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


class Verdict(StrEnum):
    """The machine's word on one frame."""

    NORMAL = "normal"
    ANOMALOUS = "anomalous"


class LabelKind(StrEnum):
    """A person's word on one inspection."""

    DEFECT = "defect"
    FALSE_ALARM = "false_alarm"
    UNSURE = "unsure"
    MISSED = "missed"


class IncidentState(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


class EventKind(StrEnum):
    """What the detectors have to tell the agent through the outbox."""

    ANOMALY = "anomaly"
    DIGEST = "digest"
    DRIFT = "drift"
    JOB_DONE = "job_done"


class DeliveryKind(StrEnum):
    """What one call to a notifier does."""

    POST = "post"
    PICTURE = "picture"
    EDIT = "edit"
    NOTICE = "notice"


class DeliveryState(StrEnum):
    """How far a delivery has come; a crash leaves SENDING, which is looked for before resending."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time [start, end), both aware UTC, and the zone it was read in."""

    start: datetime
    end: datetime
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class NearestNormal:
    """The patch, among the good images a detector learnt from, that is most like a region's oddest one.

    image: the good image's file name; number: its place in the bundle's lists. box: left, top, width and height of the
    patch's neighbourhood as shares 0..1 of that image, None where the detector keeps no places. distance: raw.
    """

    image: str
    number: int
    distance: float
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """An abnormal area in integer pixels of the upright original, origin top left; peak is its highest map value.

    nearest: the good image to compare it with, None where the detector remembers none.
    """

    x: int
    y: int
    width: int
    height: int
    area: int
    peak: float
    nearest: NearestNormal | None = None


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
    def may_alert(self) -> bool:
        """Tell whether its anomalies may be told: not where the fit was judged not fit and no person overrode that."""
        fitness = self.details.get("fitness") or {}
        return fitness.get("word") != NOT_FIT or "fitness_overridden_by" in self.details


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


@dataclass(frozen=True, slots=True)
class NewInspection:
    """What a detector found in one frame, before it is recorded.

    vectors: float16 bytes, row-major (len(regions), dimensions), L2-normalised, one row a region.
    heatmap, thumbnail, crops: sha256 of our own re-encoded PNGs in the blob store.
    """

    score: float
    threshold: float
    p_value: float | None
    verdict: Verdict
    fault: str | None
    regions: tuple[Region, ...]
    milliseconds: float
    width: int = 0
    height: int = 0
    vectors: bytes | None = None
    embedding_space: str = ""
    heatmap: str | None = None
    thumbnail: str | None = None
    crops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """One frame scored by one detector version; shown as `A-<id>` when anomalous."""

    id: int
    frame_id: int
    source_id: int
    source: str
    detector: str
    captured_at: datetime
    inspected_at: datetime
    score: float
    threshold: float
    p_value: float | None
    verdict: Verdict
    fault: str | None
    regions: tuple[Region, ...]
    name: str
    attributes: dict[str, str]
    heatmap: str | None
    thumbnail: str | None
    crops: tuple[str, ...]
    label: LabelKind | None
    defect_class: str | None
    incident_id: int | None
    milliseconds: float | None
    width: int = 0
    height: int = 0

    @property
    def shown_id(self) -> str:
        """The id people use."""
        return f"A-{self.id}"


@dataclass(frozen=True, slots=True)
class Incident:
    """Anomalies that are one thing to tell; shown as `I-<id>`."""

    id: int
    source_id: int
    source: str
    state: IncidentState
    opened_at: datetime
    last_at: datetime
    anomalies: int
    cover_inspection_id: int | None
    channel: str | None
    message_ts: str | None
    closed_at: datetime | None = None

    @property
    def shown_id(self) -> str:
        """The id people use."""
        return f"I-{self.id}"


@dataclass(frozen=True, slots=True)
class Label:
    """One entry in the history of what people said of an inspection."""

    id: int
    inspection_id: int
    kind: LabelKind
    defect_class: str | None
    note: str | None
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something the agent has to tell, written in the transaction that made it true (invariant I3)."""

    id: int
    kind: EventKind
    source_id: int
    inspection_id: int | None
    payload: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A call to a notifier that is still to be made; key is our random mark in the message's metadata."""

    kind: DeliveryKind
    channel: str
    due_at: datetime
    incident_id: int | None = None
    inspection_id: int | None = None
    event_id: int | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the notification log."""

    id: int
    key: str
    kind: DeliveryKind
    channel: str
    state: DeliveryState
    attempts: int
    due_at: datetime
    started_at: datetime | None
    incident_id: int | None
    inspection_id: int | None
    payload: dict[str, Any]
    message_ts: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Until when, and for what, no alert is sent; source None means every source."""

    id: int
    source: str | None
    defect_class: str | None
    starts_at: datetime
    until: datetime
    author: str
    comment: str


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


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `oddspot doctor`: what was looked at, whether it is well, and what to do where it is not."""

    name: str
    is_ok: bool
    found: str
    fix: str = ""
