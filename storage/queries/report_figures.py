"""Every figure of a report under one name: its value, what it means in words, and SQL by which anybody can check it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from storage.queries import report_sql as sql
from storage.queries.exact_interval import exact_interval
from storage.queries.report_results import ReportRow
from storage.queries.report_sql import Checked, fill_sql

Value = int | float | None
SOURCE = "SOURCE"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of every row: a template of SQL, empty where it is worked out from others as the words say.

    unit: count, minutes or share.
    """

    name: str
    title: str
    words: str
    value: Callable[[ReportRow], Value]
    template: str = ""
    more: str = ""
    unit: str = "count"


@dataclass(frozen=True, slots=True)
class HowCounted:
    """How a figure is counted: in total, and for one source, whose name takes the place of SOURCE."""

    name: str
    title: str
    words: str
    sql: str
    sql_of_source: str


def figures_of(row: ReportRow) -> dict[str, Value]:
    """Return every figure of a row by name."""
    return {figure.name: figure.value(row) for figure in FIGURES}


def how_counted(checked: Checked) -> list[HowCounted]:
    """Say of every figure how it is counted."""
    quiet = f"{checked.quiet / timedelta(minutes=1):g}"
    return [
        HowCounted(
            name=figure.name,
            title=figure.title,
            words=figure.words.replace("{quiet}", quiet),
            sql=sql_of(figure.name, checked),
            sql_of_source=sql_of(figure.name, checked, source=SOURCE),
        )
        for figure in FIGURES
    ]


def sql_of(name: str, checked: Checked, *, source: str | None = None) -> str:
    """Return the SQL of a figure in total or of one source, empty where it is worked out from others."""
    figure = BY_NAME[name]
    return fill_sql(figure.template, checked, more=figure.more, source=source)


def _minutes(span: timedelta) -> float:
    return span / timedelta(minutes=1)


def _interval(row: ReportRow) -> tuple[float | None, float | None]:
    return exact_interval(row.counts.false_alarms, row.counts.judged) or (None, None)


def _at_most(row: ReportRow) -> float | None:
    counts = row.counts
    most = counts.false_alarms + counts.unsure + counts.unlabelled
    return most / counts.judged if counts.judged else None


def _miss_rate(row: ReportRow) -> float | None:
    return row.misses.missed / row.misses.audited if row.misses and row.misses.audited else None


def _miss_interval(row: ReportRow) -> tuple[float | None, float | None]:
    found = exact_interval(row.misses.missed, row.misses.audited) if row.misses else None
    return found or (None, None)


FIGURES = (
    Figure(
        "received",
        "frames received",
        "Frames captured in the window, however they ended; duplicates are no frames.",
        lambda row: row.frames.received,
        sql.FRAMES,
    ),
    Figure(
        "duplicates",
        "duplicates",
        "Arrivals of the same bytes with the same time, by the quarter of an hour they came in: counted, not kept.",
        lambda row: row.duplicates,
        sql.DUPLICATES,
    ),
    Figure(
        "judged",
        "judged",
        "Inspections without a fault; shadow inspections are never counted.",
        lambda row: row.counts.judged,
        sql.INSPECTIONS,
        " AND i.fault IS NULL",
    ),
    Figure(
        "not_judged",
        "not judged",
        "Inspections with a fault, and frames rejected, dropped, given up or still waiting.",
        lambda row: row.not_judged,
        sql.NOT_JUDGED,
    ),
    Figure(
        "faulted",
        "faults",
        "Inspections of frames with a fault of the camera, such as black or blurred.",
        lambda row: row.counts.not_judged,
        sql.INSPECTIONS,
        " AND i.fault IS NOT NULL",
    ),
    Figure(
        "rejected",
        "rejected",
        "Frames that could not be decoded.",
        lambda row: row.frames.rejected,
        sql.FRAMES,
        " AND f.state = 'rejected'",
    ),
    Figure(
        "dropped",
        "dropped",
        "Frames let go because more came than could be judged.",
        lambda row: row.frames.dropped,
        sql.FRAMES,
        " AND f.state = 'dropped'",
    ),
    Figure(
        "dead_letter",
        "given up",
        "Frames that failed again and again (dead letters).",
        lambda row: row.frames.dead_letter,
        sql.FRAMES,
        " AND f.state = 'dead_letter'",
    ),
    Figure(
        "waiting",
        "waiting",
        "Frames not judged yet when the report was made.",
        lambda row: row.frames.waiting,
        sql.FRAMES,
        " AND f.state IN ('pending', 'leased')",
    ),
    Figure(
        "no_frame_minutes",
        "no frame",
        "Time in gaps of at least {quiet} min without a frame received, in quarters of an hour, from the source's first"
        " frame on. Nights and weekends off are in it; batch sources have none.",
        lambda row: _minutes(row.downtime.no_frame),
        sql.NO_FRAME,
        unit="minutes",
    ),
    Figure(
        "none_judged_minutes",
        "none judged",
        "Time of the quarters of an hour in which frames were received and none of them was judged.",
        lambda row: _minutes(row.downtime.not_judged),
        sql.NONE_JUDGED,
        unit="minutes",
    ),
    Figure(
        "downtime_minutes",
        "downtime",
        "The two before together. A total adds up the time of every source.",
        lambda row: _minutes(row.downtime.total),
        unit="minutes",
    ),
    Figure(
        "anomalies",
        "anomalies",
        "Inspections without a fault whose verdict is anomalous.",
        lambda row: row.counts.anomalies,
        sql.INSPECTIONS,
        sql.ODD,
    ),
    Figure(
        "confirmed",
        "confirmed",
        "Anomalies a person called a defect.",
        lambda row: row.counts.confirmed,
        sql.INSPECTIONS,
        sql.ODD + " AND i.label = 'defect'",
    ),
    Figure(
        "false_alarms",
        "false alarms",
        "Anomalies a person called a false alarm.",
        lambda row: row.counts.false_alarms,
        sql.INSPECTIONS,
        sql.ODD + " AND i.label = 'false_alarm'",
    ),
    Figure(
        "unsure",
        "unsure",
        "Anomalies a person was not sure of.",
        lambda row: row.counts.unsure,
        sql.INSPECTIONS,
        sql.ODD + " AND i.label = 'unsure'",
    ),
    Figure(
        "unlabelled",
        "unlabelled",
        "Anomalies nobody has labelled.",
        lambda row: row.counts.unlabelled,
        sql.INSPECTIONS,
        sql.ODD + " AND i.label IS NULL",
    ),
    Figure(
        "missed",
        "missed",
        "Images called normal that a person called missed; nobody was asked about the others.",
        lambda row: row.counts.missed,
        sql.INSPECTIONS,
        " AND i.fault IS NULL AND i.verdict = 'normal' AND i.label = 'missed'",
    ),
    Figure(
        "incidents",
        "incidents",
        "Incidents that ran within the window.",
        lambda row: row.incidents,
        sql.INCIDENTS,
    ),
    Figure(
        "labels",
        "labels given",
        "Labels people gave in the window, whenever the image was captured.",
        lambda row: row.labels,
        sql.LABELS,
    ),
    Figure(
        "promised_rate",
        "promised",
        "The false-alarm rate the detectors promised not to exceed, each weighted by the images it judged; imported"
        " detectors promised nothing.",
        lambda row: row.promise.rate,
        sql.PROMISED,
        unit="share",
    ),
    Figure(
        "false_alarm_rate",
        "realised",
        "Labelled false alarms as a share of judged images: the least the false-alarm rate can have been.",
        lambda row: row.counts.false_alarm_rate,
        sql.REALISED,
        unit="share",
    ),
    Figure(
        "false_alarm_rate_low",
        "from",
        "Lower end of the exact 95 % interval (Clopper-Pearson, 1934) of false alarms among judged images.",
        lambda row: _interval(row)[0],
        unit="share",
    ),
    Figure(
        "false_alarm_rate_high",
        "to",
        "Upper end of that interval.",
        lambda row: _interval(row)[1],
        unit="share",
    ),
    Figure(
        "false_alarm_rate_at_most",
        "at most",
        "The realised rate if every unlabelled and every unsure anomaly were a false alarm too.",
        _at_most,
        sql.AT_MOST,
        unit="share",
    ),
    Figure(
        "miss_rate",
        "miss rate",
        "Defects among frames called normal that people were shown at random; unknown while nobody audits.",
        _miss_rate,
        unit="share",
    ),
    Figure(
        "miss_rate_low",
        "misses from",
        "Lower end of the exact 95 % interval (Clopper-Pearson, 1934) of the miss rate.",
        lambda row: _miss_interval(row)[0],
        unit="share",
    ),
    Figure(
        "miss_rate_high",
        "misses to",
        "Upper end of that interval.",
        lambda row: _miss_interval(row)[1],
        unit="share",
    ),
)
BY_NAME = {figure.name: figure for figure in FIGURES}
