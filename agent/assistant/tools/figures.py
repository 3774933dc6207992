"""Counts as data for a model and as facts of an answer, under one name each."""

from typing import Any

from agent.assistant.answer import Fact
from storage.queries.results import FrameCounts, InspectionCounts

UNITS = {
    "anomalies": "inspections",
    "confirmed": "inspections",
    "false_alarms": "inspections",
    "unsure": "inspections",
    "unlabelled": "inspections",
    "missed": "inspections",
    "judged": "inspections",
    "normal": "inspections",
    "inspections": "inspections",
    "not_judged": "inspections",
    "received": "frames",
    "rejected": "frames",
    "dropped": "frames",
    "dead_letter": "frames",
    "waiting": "frames",
    "incidents": "incidents",
    "false_alarm_rate": "share of judged inspections",
    "false_alarm_share": "share of anomalies labelled defect or false alarm",
    "anomaly_rate": "share of judged inspections",
}
COUNTED = ("anomalies", "confirmed", "false_alarms", "unsure", "unlabelled", "missed")
RATES = ("anomaly_rate", "false_alarm_rate", "false_alarm_share")
FRAMES = ("received", "rejected", "dropped", "dead_letter", "waiting")
DIGITS = 6


def count_figures(counts: InspectionCounts, judged: InspectionCounts | None = None) -> dict[str, Any]:
    """Return counts by name; `judged` gives the images looked at where the counts are narrowed to some anomalies."""
    whole = judged or counts
    figures: dict[str, Any] = {name: getattr(counts, name) for name in COUNTED}
    figures |= {"judged": whole.judged, "not_judged": whole.not_judged, "normal": whole.normal}
    if judged is None or judged == counts:
        figures |= {name: rounded(getattr(counts, name)) for name in RATES}
    return figures


def frame_figures(frames: FrameCounts) -> dict[str, Any]:
    """Return counts of frames by name."""
    return {name: getattr(frames, name) for name in FRAMES}


def facts_of(figures: dict[str, Any], key: str = "") -> tuple[Fact, ...]:
    """Return figures as facts, `name[key]` where they belong to a group; unknown figures are left out."""
    shown = f"[{key}]" if key else ""
    return tuple(
        Fact(f"{name}{shown}", value, UNITS.get(name, "")) for name, value in figures.items() if value is not None
    )


def rounded(value: float | None) -> float | None:
    """Return a share with as many digits as a person can use."""
    return None if value is None else round(value, DIGITS)


def added(one: InspectionCounts, other: InspectionCounts) -> InspectionCounts:
    """Add two counts."""
    return InspectionCounts(
        judged=one.judged + other.judged,
        not_judged=one.not_judged + other.not_judged,
        anomalies=one.anomalies + other.anomalies,
        confirmed=one.confirmed + other.confirmed,
        false_alarms=one.false_alarms + other.false_alarms,
        unsure=one.unsure + other.unsure,
        unlabelled=one.unlabelled + other.unlabelled,
        missed=one.missed + other.missed,
    )
