"""The arguments of every tool: typed, bounded, and described for a language model."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
LabelName = Literal["defect", "false_alarm", "unsure", "unlabelled"]
Bucket = Literal["hour", "day", "week", "month"]
GroupName = Literal[
    "source", "hour", "day", "week", "month", "shift", "hour_of_day", "weekday",
    "defect_class", "label", "detector", "attribute", "verdict",
]  # fmt: skip
Measure = Literal["anomalies", "confirmed", "false_alarms", "unsure", "unlabelled", "missed", "not_judged", "judged"]
RankedMeasure = Measure | Literal["anomaly_rate", "false_alarm_rate"]
ComparedMeasure = Measure | Literal["normal", "anomaly_rate", "false_alarm_rate", "false_alarm_share"]
LabelGroup = Literal["none", "reviewer", "defect_class", "label", "source"]
IncidentStateName = Literal["open", "acknowledged", "resolved", "dismissed"]
MOST_NAMES = 50


class Arguments(BaseModel):
    """What every tool's arguments share: an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Filtered(Arguments):
    """Which inspections to look at."""

    window: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None,
        description="When, in words such as 'yesterday', 'since Monday 6am', 'last 24 hours', 'in March', "
        "or 'FROM/TO' with RFC 3339 times. Leave out for all time.",
    )
    sources: tuple[Name, ...] = Field((), max_length=MOST_NAMES, description="Names of sources; empty: all.")
    excluded_sources: tuple[Name, ...] = Field((), max_length=MOST_NAMES, description="Sources to leave out.")
    defect_classes: tuple[Name, ...] = Field((), max_length=MOST_NAMES, description="Only these defect classes.")
    labels: tuple[LabelName, ...] = Field((), description="Only anomalies people labelled so; defect means confirmed.")
    excluded_labels: tuple[LabelName, ...] = Field((), description="Leave out anomalies labelled so.")
    detectors: tuple[Name, ...] = Field((), max_length=MOST_NAMES, description="Detector versions, as line-1@3.")
    attributes: dict[Name, Name] = Field({}, max_length=10, description="Attributes of the frame, as {'lot': '42'}.")
    min_ratio: float | None = Field(None, ge=0, le=1e6, description="Score over threshold, at least.")
    min_score: float | None = Field(None, ge=-1e9, le=1e9, description="The score itself, at least; only if so asked.")


class CountAnomalies(Filtered):
    """Count anomalies, and how many are confirmed, false, unsure, unlabelled or missed; on wish in groups."""

    group_by: GroupName | None = Field(None, description="Count in groups.")
    attribute: Name | None = Field(None, description="The attribute's key, for group_by attribute.")
    sort: Literal["natural", "most"] = Field("natural", description="most: groups with most anomalies first.")
    limit: int = Field(50, ge=1, le=500, description="Groups at most.")


class ListAnomalies(Filtered):
    """List anomalies with id, source, time, score, threshold, label; or inspections people say were missed."""

    order: Literal["newest", "oldest", "worst"] = Field("newest", description="worst: highest score over threshold.")
    limit: int = Field(10, ge=1, le=500, description="Rows at most.")
    offset: int = Field(0, ge=0, le=100_000, description="Rows to skip.")
    kind: Literal["anomalies", "missed"] = Field("anomalies", description="missed: defects the detector passed.")


class GetAnomaly(Arguments):
    """Tell everything about one inspection."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=30)] = Field(description="Such as A-1042.")


class TrendArguments(Filtered):
    """Count anomalies along time, with the change against the previous window of equal length."""

    bucket: Bucket | None = Field(None, description="Length of a step; left out: one that fits the window.")


class TopSources(Filtered):
    """Rank sources, the one with most anomalies first."""

    measure: RankedMeasure = Field("anomalies", description="What to rank by; a rate is a share of the images judged.")
    order: Literal["most", "fewest"] = Field("most", description="Which end comes first.")
    limit: int = Field(5, ge=1, le=100, description="Sources at most.")


class DetectorStatus(Arguments):
    """Tell how sources and detectors are: state, version, threshold, promised and realised false-alarm rate, queue."""

    sources: tuple[Name, ...] = Field((), max_length=MOST_NAMES, description="Names of sources; empty: all.")
    window: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="When the realised figures are counted; left out: the last 7 days."
    )


class WhatIfThreshold(Arguments):
    """Tell what another threshold of one source would have done: alerts saved, labelled defects lost."""

    sources: tuple[Name, ...] = Field(
        (), max_length=1, description="The one source; may be left out where there is one."
    )
    threshold: float | None = Field(
        None, ge=-1e9, le=1e9, description="The raw score above which is abnormal; left out: several are compared."
    )
    window: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="Which time to look at, in words or FROM/TO; left out: the last 7 days."
    )


class ListIncidents(Arguments):
    """List incidents in the order wished, or tell one by its id with its worst anomalies."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = Field(None, description="As I-57.")
    states: tuple[IncidentStateName, ...] = Field((), description="Only in these states; empty: all.")
    sources: tuple[Name, ...] = Field((), max_length=MOST_NAMES, description="Names of sources; empty: all.")
    window: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="Only incidents with an anomaly in this time; words or FROM/TO."
    )
    order: Literal["newest", "oldest", "largest", "longest"] = Field(
        "newest", description="largest: most anomalies first; longest: the one that is or was open longest first."
    )
    person: Name | None = Field(None, description="Only incidents this person acknowledged, resolved or dismissed.")
    limit: int = Field(10, ge=1, le=500, description="Rows at most.")


class Compare(Filtered):
    """Compare two windows, sources, detectors, classes or lots, with the change from the first to the second.

    The second side is the first with what is given here put in its place.
    """

    other_window: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="The second side's time, in words or FROM/TO; left out: the same as the first's."
    )
    other_sources: tuple[Name, ...] = Field((), max_length=MOST_NAMES, description="The second side's sources.")
    other_detectors: tuple[Name, ...] = Field((), max_length=MOST_NAMES, description="The second side's detectors.")
    other_defect_classes: tuple[Name, ...] = Field((), max_length=MOST_NAMES, description="The second side's classes.")
    other_attributes: dict[Name, Name] = Field({}, max_length=10, description="The second side's attributes.")
    measure: ComparedMeasure = Field("anomalies", description="What change and difference are of.")


class Similar(Arguments):
    """Find the anomalies that look most like one, by the vectors its detector stored."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=30)] = Field(description="Such as A-1042.")
    limit: int = Field(5, ge=1, le=100, description="Rows at most.")
    sources: tuple[Name, ...] = Field((), max_length=MOST_NAMES, description="Names of sources; empty: all.")


class LabelCounts(Arguments):
    """Count what people said (defect, false alarm, unsure, missed), on wish by reviewer, class, label or source.

    Only the last word on each inspection counts. The window is when it was said.
    """

    window: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="When people said it, in words or FROM/TO; left out: all time."
    )
    sources: tuple[Name, ...] = Field((), max_length=MOST_NAMES, description="Names of sources; empty: all.")
    by: LabelGroup = Field("none", description="Count in groups.")
    person: Name | None = Field(None, description="Only what this person said.")
    limit: int = Field(50, ge=1, le=500, description="Groups at most.")


class Hotspots(Filtered):
    """Tell where on the part anomalies fall: in a 3 x 3 grid over the image, by the centre of the oddest region."""
