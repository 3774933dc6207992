"""A reading said back as a whole question, which reads as the same again: the text of a button."""

from datetime import datetime
from zoneinfo import ZoneInfo

from agent.assistant.reading.reading import Intent, Reading, Slots

FIGURES = {
    None: "anomalies",
    "confirmed": "confirmed defects",
    "false_alarms": "false alarms",
    "unsure": "unsure anomalies",
    "unlabelled": "unlabelled anomalies",
    "missed": "missed defects",
    "not_judged": "images not judged",
    "judged": "images judged",
    "received": "images received",
    "rejected": "images rejected",
    "dropped": "images dropped",
    "waiting": "images in the queue",
    "false_alarm_rate": "false alarms",
    "anomaly_rate": "anomalies",
}
LEADS = {
    Intent.COUNT: "How many {figure}",
    Intent.GROUP: "How many {figure} per {group}",
    Intent.LIST: "List the {order} {figure}",
    Intent.INCIDENTS: "List the {states}incidents",
    Intent.TREND: "Trend of anomalies",
    Intent.TOP: "Which sources had the most {figure}",
    Intent.DETECTOR: "Detector status",
    Intent.HEALTH: "Is everything ok",
    Intent.COMPARE: "Compare",
    Intent.SUMMARY: "What happened",
    Intent.LABELS: "How many labels were given{by}",
    Intent.HOTSPOTS: "Where on the part are the {figure}",
    Intent.LATENCY: "How long does an inspection take",
    Intent.SILENCES: "What is silenced",
    Intent.OUTAGES: "Which outages were there",
    Intent.UNJUDGED: "Which images were not judged, and why",
    Intent.UNTOLD: "Why was nothing told",
    Intent.VERSIONS: "Which versions were there",
    Intent.MISSES: "What is the miss rate",
    Intent.COVERAGE: "Since when do we have data",
    Intent.CHANGES: "Which changes were made",
    Intent.REPORT: "{period} report",
    Intent.HELP: "What can you do",
}
GROUPS = {"defect_class": "defect class", "hour_of_day": "hour of the day"}
PERIODS = {"day": "Daily", "week": "Weekly", "month": "Monthly", "shift": "Shift"}


def worded(reading: Reading, zone: str) -> str:
    """Return the reading as a question."""
    slots = reading.slots
    if reading.intent is Intent.DETAIL:
        return f"Show A-{slots.ids[0] if slots.ids else 0}?"
    if reading.intent is Intent.INCIDENT:
        return f"Show {slots.incident}?"
    if reading.intent is Intent.SIMILAR:
        return f"What is similar to A-{slots.ids[0] if slots.ids else 0}?"
    if reading.intent is Intent.COMPARE:
        return f"Compare {_pair(slots, zone)}?"
    if reading.intent is Intent.WHAT_IF:
        supposed = "another" if slots.threshold is None else f"{slots.threshold:g}"
        when = (_when(slots, at, zone) for at in range(min(1, len(slots.windows))))
        return " ".join([f"What if the threshold were {supposed}", *_where(slots), *when]) + "?"
    lead = LEADS[reading.intent].format(
        figure=_figure(slots),
        group=slots.attribute or GROUPS.get(slots.group_by or "", slots.group_by or "day"),
        order=" ".join([*([str(slots.limit)] if slots.limit else []), slots.order or "newest"]),
        states=f"{slots.states[0]} " if slots.states else "",
        by=f" per {GROUPS.get(slots.group_by, slots.group_by)}" if slots.group_by else "",
        period=PERIODS.get(slots.period or "", "Daily"),
    )
    return " ".join([lead, *_where(slots), *(_when(slots, at, zone) for at in range(min(1, len(slots.windows))))]) + "?"


def _figure(slots: Slots) -> str:
    named = FIGURES.get(slots.figure, "anomalies")
    if slots.defect_classes and slots.figure is None:
        return f"{' and '.join(slots.defect_classes)} anomalies"
    return f"{' and '.join(slots.defect_classes)} {named}".strip()


def _where(slots: Slots) -> list[str]:
    words = [f"on {' and '.join(slots.sources)}"] if slots.sources else []
    words += [f"excluding {' and '.join(slots.excluded_sources)}"] if slots.excluded_sources else []
    words += [f"by {' and '.join(slots.detectors)}"] if slots.detectors else []
    return words + [f"in {key} {value}" for key, value in slots.attributes.items()]


def _when(slots: Slots, at: int, zone: str) -> str:
    if at < len(slots.spoken):
        return slots.spoken[at]
    start, end = (datetime.fromisoformat(part).astimezone(ZoneInfo(zone)) for part in slots.windows[at].split("/"))
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"


def _pair(slots: Slots, zone: str) -> str:
    if len(slots.windows) > 1:
        both = f"{_when(slots, 0, zone)} with {_when(slots, 1, zone)}"
        return " ".join([both, *_where(slots)])
    if slots.sides:
        both = " with ".join(f"{key} {value}" for key, value in slots.sides)
        return " ".join([both, *_where(slots), *(_when(slots, at, zone) for at in range(len(slots.windows)))])
    return " ".join([" with ".join(slots.sources[:3]), *(_when(slots, at, zone) for at in range(len(slots.windows)))])
