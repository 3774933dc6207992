"""What the queries give back where no record of `storage.records` fits."""

from dataclasses import dataclass
from datetime import datetime

from storage.records import DetectorVersion, Source


@dataclass(frozen=True, slots=True)
class InspectionCounts:
    """Inspections of a selection, by what the machine and people said; shadow inspections are in none of them.

    judged: inspections without a fault. not_judged: inspections with one, never an anomaly.
    anomalies: judged and flagged. confirmed, false_alarms, unsure, unlabelled: flagged, by label.
    missed: judged normal, labelled missed.
    """

    judged: int = 0
    not_judged: int = 0
    anomalies: int = 0
    confirmed: int = 0
    false_alarms: int = 0
    unsure: int = 0
    unlabelled: int = 0
    missed: int = 0

    @property
    def inspections(self) -> int:
        """Every inspection, judged or not."""
        return self.judged + self.not_judged

    @property
    def normal(self) -> int:
        """Judged and not flagged."""
        return self.judged - self.anomalies

    @property
    def false_alarm_rate(self) -> float | None:
        """Labelled false alarms as a share of judged images; None where nothing was judged."""
        return self.false_alarms / self.judged if self.judged else None

    @property
    def false_alarm_share(self) -> float | None:
        """False alarms as a share of anomalies labelled defect or false alarm; None where none are."""
        settled = self.confirmed + self.false_alarms
        return self.false_alarms / settled if settled else None

    @property
    def anomaly_rate(self) -> float | None:
        """Anomalies as a share of judged images; None where nothing was judged."""
        return self.anomalies / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """Frames captured in a window, by how they ended; waiting ones have not ended yet."""

    received: int = 0
    scored: int = 0
    rejected: int = 0
    dropped: int = 0
    dead_letter: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """The counts of one group; key None holds what has no value, such as anomalies without a class."""

    key: str | None
    counts: InspectionCounts


@dataclass(frozen=True, slots=True)
class BucketCounts:
    """The counts of one span [start, end) of a trend, both aware UTC."""

    start: datetime
    end: datetime
    counts: InspectionCounts


@dataclass(frozen=True, slots=True)
class Trend:
    """Counts bucket by bucket, in all, and in the window of equal length just before."""

    buckets: tuple[BucketCounts, ...]
    total: InspectionCounts
    before: InspectionCounts


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source and its detector are: `waiting` frames are in the queue, counted to a bound."""

    source: Source
    version: DetectorVersion | None
    last_inspected: datetime | None
    waiting: int
    counts: InspectionCounts
