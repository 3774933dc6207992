"""What was found, and what people said of it: inspections, incidents, labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.seen import DetectorVersion, Lease


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


OPEN_STATES = (IncidentState.OPEN, IncidentState.ACKNOWLEDGED)
CLOSED_STATES = (IncidentState.RESOLVED, IncidentState.DISMISSED)


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
class NewInspection:
    """What a detector found in one frame, before it is recorded.

    vectors: float16 bytes, row-major (len(regions), dimensions), L2-normalised, one row a region.
    heatmap, thumbnail, crops: sha256 of our own re-encoded PNGs in the blob store. signs: what the frame shows of its
    camera, for the frames after it; their meaning is the detectors' own.
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
    signs: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in one leased frame, to be recorded.

    is_told: an anomaly is written to the outbox. pages: what is written there may send a message.
    """

    lease: Lease
    version: DetectorVersion
    found: NewInspection
    is_told: bool
    pages: bool


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
    held_by: int | None = None

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
    seen_before: int | None = None
    reopened: int = 0
    is_storm: bool = False

    @property
    def shown_id(self) -> str:
        """The id people use."""
        return f"I-{self.id}"


@dataclass(frozen=True, slots=True)
class Label:
    """One entry in the history of what people said of an inspection; region: left, top, width, height it is about."""

    id: int
    inspection_id: int
    kind: LabelKind
    defect_class: str | None
    note: str | None
    author: str
    created_at: datetime
    region: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """What an anomaly looks like, to be compared within one embedding_space.

    vectors: float16 bytes, row-major (regions, dimensions), L2-normalised, the oddest region first; empty where the
    method gives none.
    """

    inspection_id: int
    score: float
    regions: int
    vectors: bytes
    embedding_space: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An incident an anomaly may join; likeness: the sum of its anomalies' unit vectors, float32 bytes."""

    incident: Incident
    likeness: bytes | None
    embedding_space: str | None


@dataclass(frozen=True, slots=True)
class Remembered:
    """A labelled anomaly that later ones are compared with; label is the last word, said_at and author its own."""

    likeness: Likeness
    label: LabelKind
    defect_class: str | None
    author: str
    said_at: datetime

    @property
    def shown_id(self) -> str:
        """The id people use."""
        return f"A-{self.likeness.inspection_id}"
