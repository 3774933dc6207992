"""A report's charts as PNG: what was found, scores against the threshold, what was judged."""

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from storage.queries.report_results import BucketRow, Report
from storage.records import LabelKind

WIDTH, WIDE, HEIGHT, DOTS_AN_INCH = 7.2, 14.9, 2.9, 140
INK, SOFT, GRID = "#1e222a", "#5b6472", "#e8ebef"
COLOURS = {
    "defects": "#d9541e",
    "false alarms": "#2f6fb0",
    "unsure": "#b9a44c",
    "unlabelled": "#9aa3af",
    "judged": "#4c9f70",
    "faults": "#d9541e",
    "not judged otherwise": "#8f3b76",
}
BAR_SHARE = 0.82
MARGIN = 0.01  # of the width, so that a dot at an end is whole
SMALL_DOT, LARGE_DOT = 18, 30
MOST_LARGE_DOTS = 150
LETTERS = 9
LABEL_NAMES = {
    LabelKind.DEFECT: "defects",
    LabelKind.FALSE_ALARM: "false alarms",
    LabelKind.UNSURE: "unsure",
    LabelKind.MISSED: "defects",
}


def draw_found(report: Report) -> bytes:
    """Draw anomalies a span, stacked by what people called them."""
    stacks = {
        "defects": [bucket.row.counts.confirmed for bucket in report.buckets],
        "false alarms": [bucket.row.counts.false_alarms for bucket in report.buckets],
        "unsure": [bucket.row.counts.unsure for bucket in report.buckets],
        "unlabelled": [bucket.row.counts.unlabelled for bucket in report.buckets],
    }
    return _drawn(report, "anomalies", lambda axes: _stack(axes, report, stacks))


def draw_judged(report: Report) -> bytes:
    """Draw frames a span, judged and not judged."""
    stacks = {
        "judged": [bucket.row.counts.judged for bucket in report.buckets],
        "faults": [bucket.row.counts.not_judged for bucket in report.buckets],
        "not judged otherwise": [bucket.row.not_judged - bucket.row.counts.not_judged for bucket in report.buckets],
    }
    return _drawn(report, "frames", lambda axes: _stack(axes, report, stacks))


def draw_scores(report: Report) -> bytes:
    """Draw each anomaly's score over its threshold, and the mean of all judged images."""
    return _drawn(report, "score / threshold", lambda axes: _scores(axes, report), width=WIDE)


def _drawn(report: Report, up: str, draw: Callable[[Axes], None], *, width: float = WIDTH) -> bytes:
    figure, axes = new_axes(up, width=width)
    draw(axes)
    _dates(axes, report)
    return as_png(figure)


def new_axes(up: str, *, width: float = WIDTH, height: float = HEIGHT) -> tuple[Figure, Axes]:
    """Return an empty chart in our look; `up` names its upright axis."""
    figure = Figure(figsize=(width, height), dpi=DOTS_AN_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_ylabel(up, color=SOFT, fontsize=LETTERS)
    axes.tick_params(colors=SOFT, labelcolor=SOFT, labelsize=LETTERS)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(SOFT)
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    return figure, axes


def as_png(figure: Figure) -> bytes:
    """Return a chart as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor="white")
    return buffer.getvalue()


def _stack(axes: Axes, report: Report, stacks: dict[str, list[int]]) -> None:
    zone = ZoneInfo(report.window.time_zone)
    middles = [_middle(bucket, zone) for bucket in report.buckets]
    widths = [BAR_SHARE * (bucket.end - bucket.start).total_seconds() / 86_400 for bucket in report.buckets]
    below = [0] * len(middles)
    for name, numbers in stacks.items():
        if any(numbers):
            axes.bar(middles, numbers, widths, bottom=below, color=COLOURS[name], label=name)  # type: ignore[arg-type]  # datetimes are x values
        below = [under + number for under, number in zip(below, numbers, strict=True)]
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.set_ylim(0, max([*below, 1]) * 1.08)
    add_legend(axes, most=len(stacks))


def _scores(axes: Axes, report: Report) -> None:
    zone = ZoneInfo(report.window.time_zone)
    means = [(_middle(bucket, zone), bucket.mean_ratio) for bucket in report.buckets if bucket.mean_ratio is not None]
    if means:
        axes.plot(
            [at for at, _ in means],  # type: ignore[arg-type]  # the same
            [mean for _, mean in means],
            color=INK,
            lw=1.2,
            marker="." if len(means) == 1 else "",
            label="mean of all judged",
        )
    size = LARGE_DOT if len(report.points) <= MOST_LARGE_DOTS else SMALL_DOT
    for name in ("unlabelled", "unsure", "false alarms", "defects"):
        own = [point for point in report.points if _name(point.label) == name]
        if own:
            moments, ratios = [point.captured_at.astimezone(zone) for point in own], [point.ratio for point in own]
            axes.scatter(moments, ratios, s=size, color=COLOURS[name], label=name, alpha=0.85, lw=0)  # type: ignore[arg-type]  # the same
    axes.axhline(1, color=INK, lw=1, ls="--", label="threshold")
    highest = max([point.ratio for point in report.points], default=1.0)
    axes.set_ylim(0, max(highest, 1.0) * 1.12)
    add_legend(axes, most=6)


def _name(label: str | None) -> str:
    return "unlabelled" if label is None else LABEL_NAMES[LabelKind(label)]


def _middle(bucket: BucketRow, zone: ZoneInfo) -> datetime:
    return (bucket.start + (bucket.end - bucket.start) / 2).astimezone(zone)


def _dates(axes: Axes, report: Report) -> None:
    zone = ZoneInfo(report.window.time_zone)
    ends: Sequence[datetime] = [report.window.start.astimezone(zone), report.window.end.astimezone(zone)]
    locator = AutoDateLocator(tz=zone, minticks=4, maxticks=11)  # type: ignore[no-untyped-call]  # has no types
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, tz=zone)  # type: ignore[no-untyped-call]  # the same
    axes.xaxis.set_major_formatter(formatter)
    axes.xaxis.get_offset_text().set_color(SOFT)
    margin = (ends[1] - ends[0]) * MARGIN
    axes.set_xlim(ends[0] - margin, ends[1] + margin)  # type: ignore[arg-type]  # the same


def add_legend(axes: Axes, *, most: int) -> None:
    """Name what is drawn, above the chart."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1.0), ncols=most, frameon=False, handlelength=1.1, fontsize=LETTERS - 1
        )
