"""A report's figures as people read them, and the groups they stand in."""

from storage.queries.report_figures import BY_NAME, Value, figures_of
from storage.queries.report_results import ReportRow
from storage.queries.results import InspectionCounts

UNKNOWN = "-"
MISSES = "Miss rate"
MINUTES_AN_HOUR = 60
HOURS_SHOWN_WITH_MINUTES = 24
GROUPS: dict[str, tuple[str, ...]] = {
    "Frames": (
        "received",
        "judged",
        "not_judged",
        "faulted",
        "rejected",
        "dropped",
        "dead_letter",
        "waiting",
        "duplicates",
    ),
    "Downtime": ("downtime_minutes", "no_frame_minutes", "none_judged_minutes"),
    "Anomalies": (
        "anomalies",
        "confirmed",
        "false_alarms",
        "unsure",
        "unlabelled",
        "missed",
        "incidents",
        "labels",
    ),
    "False-alarm rate": (
        "promised_rate",
        "false_alarm_rate",
        "false_alarm_rate_low",
        "false_alarm_rate_high",
        "false_alarm_rate_at_most",
    ),
    MISSES: ("miss_rate", "miss_rate_low", "miss_rate_high"),
}
PARTS = frozenset(
    {"faulted", "rejected", "dropped", "dead_letter", "waiting", "no_frame_minutes", "none_judged_minutes"}
    | {"confirmed", "false_alarms", "unsure", "unlabelled", "false_alarm_rate_low", "false_alarm_rate_high"}
    | {"false_alarm_rate_at_most", "miss_rate_low", "miss_rate_high"}
)


def groups_of(row: ReportRow) -> dict[str, tuple[str, ...]]:
    """Return the groups of figures that a row has anything to say of: none of misses while they are unknown."""
    return {title: names for title, names in GROUPS.items() if row.misses is not None or title != MISSES}


def shown(name: str, value: Value) -> str:
    """Write a figure as its unit asks for."""
    if value is None:
        return UNKNOWN
    unit = BY_NAME[name].unit
    if unit == "minutes":
        return duration(value)
    return percent(value) if unit == "share" else f"{value:,}"


def false_alarm_bounds(row: ReportRow) -> tuple[str, str]:
    """Return the false-alarm rate by what is labelled, and what it is at most by what is not, empty where nothing is.

    It is unknown while nobody called any anomaly a defect or a false alarm.
    """
    figures, counts = figures_of(row), row.counts
    least, most = figures["false_alarm_rate"], figures["false_alarm_rate_at_most"]
    if least is None or most is None:
        return UNKNOWN, ""
    is_unknown = counts.anomalies > 0 and counts.confirmed + counts.false_alarms == 0
    return "unknown" if is_unknown else percent(least), "" if most == least else f"at most {percent(most)}"


def percent(share: float) -> str:
    """Write a share as a percentage with as many digits as it can bear."""
    hundredths = 100 * share
    return f"{hundredths:.1f} %" if hundredths >= 1 else f"{hundredths:.2g} %"


def duration(minutes: float) -> str:
    """Write minutes as `1 h 30 min`."""
    whole = round(minutes)
    hours, rest = divmod(whole, MINUTES_AN_HOUR)
    if not hours:
        return f"{rest} min"
    return f"{hours:,} h {rest} min" if rest and hours < HOURS_SHOWN_WITH_MINUTES else f"{round(minutes / 60):,} h"


def called(counts: InspectionCounts) -> str:
    """Tell what people called anomalies, leaving out what nobody did, as in `6 defects, 3 unlabelled`."""
    parts = (
        (counts.confirmed, "defect", "defects"),
        (counts.false_alarms, "false alarm", "false alarms"),
        (counts.unsure, "unsure", "unsure"),
        (counts.unlabelled, "unlabelled", "unlabelled"),
    )
    return ", ".join(f"{number:,} {one if number == 1 else many}" for number, one, many in parts if number)
