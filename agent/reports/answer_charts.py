"""An answer's charts as PNG: counts along time, and where on the part anomalies fall."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from agent.reports.charts import BAR_SHARE, COLOURS, INK, LETTERS, SOFT, add_legend, as_png, new_axes

DATE_LENGTH, DATE_AND_TIME = len("2026-11-25"), re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
MOST_NAMES, WIDEST_NAME = 14, 12
STACKS = {"defects": "confirmed", "false alarms": "false_alarms", "unsure": "unsure"}
CELLS = (
    ("top left", "top", "top right"),
    ("left", "middle", "right"),
    ("bottom left", "bottom", "bottom right"),
)
GRAIN = 96
SPREAD = 2.0
MAP_WIDTH, LEAST_ASPECT, MOST_ASPECT = 6.0, 0.4, 1.6


@dataclass(frozen=True, slots=True)
class Place:
    """Where an anomaly's oddest region is, as shares of the picture: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def cell(self) -> str:
        """The name of the ninth of the picture its centre is in."""
        row, column = (min(2, max(0, int(3 * value))) for value in (self.y + self.height / 2, self.x + self.width / 2))
        return CELLS[row][column]


def draw_steps(rows: Sequence[dict[str, Any]], *, title: str, zone: str = "") -> bytes:
    """Draw anomalies a step, stacked by what people called them; rows have a key and counts by name."""
    figure, axes = new_axes("anomalies")
    names = [str(row["key"]) for row in rows]
    days = {name[:DATE_LENGTH] for name in names}
    if len(days) == 1 and DATE_AND_TIME.fullmatch(names[0]):
        title, names = f"{title}, {days.pop()}", [name[DATE_LENGTH + 1 :] for name in names]
    axes.set_xlabel(zone, color=SOFT, fontsize=LETTERS - 1, loc="right")
    axes.set_title(title, loc="left", color=INK, fontsize=LETTERS + 1, pad=22)
    below = np.zeros(len(rows))
    for name, numbers in _stacks(rows).items():
        if numbers.any():
            colour = COLOURS.get(name, COLOURS["unlabelled"])
            axes.bar(range(len(rows)), numbers, BAR_SHARE, bottom=below, color=colour, label=name)
        below += numbers
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.set_ylim(0, max(float(below.max(initial=0)), 1.0) * 1.08)
    axes.set_xlim(-0.6, len(rows) - 0.4)
    _name_steps(axes, names)
    add_legend(axes, most=4)
    return as_png(figure)


def draw_places(places: Sequence[Place], *, aspect: float, title: str) -> bytes:
    """Draw where on the part anomalies fall, with their number in each ninth; aspect: height over width."""
    height = MAP_WIDTH * min(max(aspect, LEAST_ASPECT), MOST_ASPECT)
    figure, axes = new_axes("", width=MAP_WIDTH + 0.4, height=height + 0.5)
    axes.imshow(_density(places), cmap="YlOrRd", extent=(0, 1, 1, 0), aspect="auto", vmin=0, interpolation="bilinear")
    axes.set_title(title, loc="left", color=INK, fontsize=LETTERS + 1)
    axes.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(1, 0))
    axes.grid(visible=False)
    for line in (1 / 3, 2 / 3):
        axes.axhline(line, color=SOFT, lw=0.8)
        axes.axvline(line, color=SOFT, lw=0.8)
    counts = [place.cell for place in places]
    box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 2}
    for row, names in enumerate(CELLS):
        for column, name in enumerate(names):
            at = ((column + 0.5) / 3, (row + 0.5) / 3)
            axes.text(*at, f"{counts.count(name):,}", ha="center", va="center", color=INK, fontsize=13, bbox=box)
    return as_png(figure)


def _stacks(rows: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Return each kind's numbers; what is not told apart is unlabelled."""
    stacks = {name: np.array([int(row.get(field) or 0) for row in rows]) for name, field in STACKS.items()}
    total = np.array([int(row.get("anomalies") or 0) for row in rows])
    rest = total - np.sum(list(stacks.values()), axis=0)
    name = "unlabelled" if any("unsure" in row for row in rows) else "unsure or unlabelled"
    return stacks | {name: np.maximum(rest, 0)}


def _name_steps(axes: Axes, names: Sequence[str]) -> None:
    every = max(1, -(-len(names) // MOST_NAMES))
    shown = range(0, len(names), every)
    are_long = max((len(name) for name in names), default=0) > WIDEST_NAME or len(names) > MOST_NAMES // 2
    axes.set_xticks(
        list(shown), [names[at] for at in shown], rotation=30 if are_long else 0, ha="right" if are_long else "center"
    )


def _density(places: Sequence[Place]) -> np.ndarray:
    """Count on a fine grid how many regions cover each spot, softened a little."""
    grid = np.zeros((GRAIN, GRAIN))
    for place in places:
        left, right = _span(place.x, place.width)
        top, bottom = _span(place.y, place.height)
        grid[top:bottom, left:right] += 1
    reach = int(3 * SPREAD)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / SPREAD) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        grid = np.apply_along_axis(lambda line: np.convolve(line, kernel, mode="same"), axis, grid)
    return grid


def _span(start: float, length: float) -> tuple[int, int]:
    first = min(GRAIN - 1, max(0, int(start * GRAIN)))
    return first, min(GRAIN, max(first + 1, round((start + length) * GRAIN)))
