"""What a report holds: figures a source and in total, along time, and what explains them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from storage.queries.results import FrameCounts, InspectionCounts
from storage.records import DetectorVersion, Inspection, Outage, Window


@dataclass(frozen=True, slots=True)
class AuditedMisses:
    """What people found among frames called normal that were shown to them at random."""

    audited: int
    missed: int


@dataclass(frozen=True, slots=True)
class Downtime:
    """How long a source was not watched: without a frame, or with frames none of which was judged."""

    no_frame: timedelta = timedelta()
    not_judged: timedelta = timedelta()

    @property
    def total(self) -> timedelta:
        """Both; the spans never overlap."""
        return self.no_frame + self.not_judged

    def __add__(self, other: "Downtime") -> "Downtime":
        return Downtime(self.no_frame + other.no_frame, self.not_judged + other.not_judged)


@dataclass(frozen=True, slots=True)
class Promise:
    """What the detectors promised: the sum, over `judged` images, of each one's promised false-alarm rate."""

    judged: int = 0
    sum_of_rates: float = 0.0

    @property
    def rate(self) -> float | None:
        """The promised rate, weighted by what each version judged; None where none is known."""
        return self.sum_of_rates / self.judged if self.judged else None

    def __add__(self, other: "Promise") -> "Promise":
        return Promise(self.judged + other.judged, self.sum_of_rates + other.sum_of_rates)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """The figures of one source, or of all together (source None)."""

    source: str | None
    frames: FrameCounts = field(default_factory=FrameCounts)
    counts: InspectionCounts = field(default_factory=InspectionCounts)
    duplicates: int = 0
    incidents: int = 0
    labels: int = 0
    downtime: Downtime = field(default_factory=Downtime)
    promise: Promise = field(default_factory=Promise)
    misses: AuditedMisses | None = None

    @property
    def not_judged(self) -> int:
        """Frames nobody can say anything about: faults, rejected, dropped, given up, or still waiting."""
        ended = self.frames.rejected + self.frames.dropped + self.frames.dead_letter
        return self.counts.not_judged + ended + self.frames.waiting


@dataclass(frozen=True, slots=True)
class BucketRow:
    """The figures of one span [start, end) of the window."""

    start: datetime
    end: datetime
    row: ReportRow
    mean_ratio: float | None = None
    max_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why frames were not judged: kind is fault, rejected, dropped, dead_letter or waiting."""

    kind: str
    reason: str
    frames: int


@dataclass(frozen=True, slots=True)
class VersionUse:
    """A detector version that judged in the window, from its first image there to its last."""

    version: DetectorVersion
    is_active: bool
    judged: int
    anomalies: int
    false_alarms: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody changed; source None where it concerns all, or none that is known."""

    at: datetime
    actor: str
    action: str
    subject: str
    source: str | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LabelsBy:
    """How many labels of a kind a person gave."""

    author: str
    kind: str
    labels: int


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """One anomaly of a chart: score over threshold."""

    captured_at: datetime
    ratio: float
    label: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report says of a window; rows by source name, outages, changes and worst ones bounded."""

    window: Window
    rows: tuple[ReportRow, ...]
    total: ReportRow
    buckets: tuple[BucketRow, ...] = ()
    reasons: tuple[Reason, ...] = ()
    outages: tuple[Outage, ...] = ()
    versions: tuple[VersionUse, ...] = ()
    changes: tuple[Change, ...] = ()
    change_count: int = 0
    labels_by: tuple[LabelsBy, ...] = ()
    worst: tuple[Inspection, ...] = ()
    points: tuple[ScorePoint, ...] = ()
