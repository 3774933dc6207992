"""Charts as inline SVG: pure functions from figures to text, nothing but shapes and escaped words."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 360, 300
LEFT, RIGHT, TOP, BOTTOM = 50, 14, 14, 46
ACROSS, DOWN = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
BINS = 30
ROOM_ABOVE = 1.12

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve in the unit square, what its axes say, a dashed line from one point to another, and a marked point."""

    title: str
    across: str
    up: str
    points: tuple[Floats, Floats]
    dashed: tuple[tuple[float, float], tuple[float, float]]
    marked: tuple[float, float] | None


def draw_curve(curve: Curve) -> str:
    """Return a curve as an SVG element."""
    line = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in zip(*curve.points, strict=True))
    (from_x, from_y), (to_x, to_y) = curve.dashed
    parts = [
        _grid(),
        *(_tick_across(_x(tick), f"{tick:g}") for tick in TICKS),
        *(_tick_up(_y(tick), f"{tick:g}") for tick in TICKS),
        f'<line class="chance" x1="{_x(from_x):.1f}" y1="{_y(from_y):.1f}" x2="{_x(to_x):.1f}" y2="{_y(to_y):.1f}"/>',
        f'<polyline class="curve" points="{line}"/>',
    ]
    if curve.marked is not None:
        parts.append(f'<circle class="mark" cx="{_x(curve.marked[0]):.1f}" cy="{_y(curve.marked[1]):.1f}" r="5"/>')
    return _svg(curve.title, [*parts, _words(curve.across, curve.up)])


def draw_histogram(good: Floats, defect: Floats, threshold: float) -> str:
    """Return how scores spread, each of the two as shares of its own number, with the threshold as a line."""
    low, high = score_range(good, defect, threshold)
    edges = np.linspace(low, high, BINS + 1)
    of_good, of_defect = _shares(good, edges), _shares(defect, edges)
    top = max(of_good.max(), of_defect.max()) * ROOM_ABOVE
    at = _x((threshold - low) / (high - low))
    anchor, shift = ("end", -5) if at > LEFT + ACROSS / 2 else ("start", 5)
    parts = [
        _grid(),
        *(_tick_across(_x(tick), f"{low + tick * (high - low):.3g}") for tick in TICKS),
        *(_tick_up(_y(tick), f"{tick * top:.0%}") for tick in TICKS),
        _bars("good", of_good / top),
        _bars("defect", of_defect / top),
        f'<line class="threshold" x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{TOP + DOWN}"/>',
        f'<text class="note" x="{at + shift:.1f}" y="{TOP + 12}" text-anchor="{anchor}">threshold</text>',
    ]
    return _svg("Histogram of scores", [*parts, _words("score", "share of its kind")])


def score_range(good: Floats, defect: Floats, threshold: float) -> tuple[float, float]:
    """Return a range, never empty, that holds every score and the threshold."""
    every = np.concatenate([good, defect, [threshold]])
    low, high = float(every.min()), float(every.max())
    room = (high - low or max(1.0, abs(high))) * 0.02
    return low - room, high + room


def _shares(scores: Floats, edges: Floats) -> Floats:
    counts = np.histogram(scores, edges)[0].astype(np.float64)
    return counts / max(1, len(scores))


def _bars(kind: str, shares: Floats) -> str:
    width = ACROSS / len(shares)
    bars = [
        f'<rect x="{LEFT + index * width:.1f}" y="{_y(share):.1f}" width="{width:.1f}" height="{share * DOWN:.1f}"/>'
        for index, share in enumerate(shares)
        if share > 0
    ]
    return f'<g class="{kind}">{"".join(bars)}</g>'


def _grid() -> str:
    lines = [f"M{_x(tick):.1f},{TOP}v{DOWN}M{LEFT},{_y(tick):.1f}h{ACROSS}" for tick in TICKS]
    return f'<path class="grid" d="{"".join(lines)}"/>'


def _tick_across(x: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{TOP + DOWN + 16}" text-anchor="middle">{escape(words)}</text>'


def _tick_up(y: float, words: str) -> str:
    return f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(words)}</text>'


def _words(across: str, up: str) -> str:
    middle = TOP + DOWN / 2
    return (
        f'<text x="{LEFT + ACROSS / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across)}</text>'
        f'<text x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">{escape(up)}</text>'
    )


def _svg(title: str, parts: Sequence[str]) -> str:
    said = escape(title)
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">{"".join(parts)}</svg>'


def _x(share: float) -> float:
    return LEFT + share * ACROSS


def _y(share: float) -> float:
    return TOP + (1 - share) * DOWN
