from xml.etree import ElementTree as ET

import numpy as np
import pytest

from detectors.reports.charts import ACROSS, DOWN, LEFT, TOP, Curve, draw_curve, draw_histogram, score_range

SCORES = np.array([1.0, 1.5, 2.0])


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own text


def part(svg: str, kind: str) -> ET.Element:
    return next(element for element in parse(svg).iter() if element.get("class") == kind)


def make_curve(title: str = "ROC") -> Curve:
    points = (np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0]))
    return Curve(title, "x", "y", points, ((0, 0), (1, 1)), (0.5, 0.25))


def test_draws_a_curve_from_corner_to_corner() -> None:
    points = part(draw_curve(make_curve()), "curve").attrib["points"]

    bottom, right = TOP + DOWN, LEFT + ACROSS
    assert points == f"{LEFT:.1f},{bottom:.1f} {LEFT:.1f},{TOP:.1f} {right:.1f},{TOP:.1f}"


def test_marks_the_point_asked_for() -> None:
    mark = part(draw_curve(make_curve()), "mark").attrib

    assert (float(mark["cx"]), float(mark["cy"])) == (LEFT + ACROSS / 2, TOP + DOWN * 0.75)


def test_escapes_its_words() -> None:
    title = '"><script>alert(1)</script>'

    assert parse(draw_curve(make_curve(title))).attrib["aria-label"] == title


def test_a_histogram_holds_the_whole_of_each_kind_whatever_their_numbers() -> None:
    svg = draw_histogram(np.repeat(SCORES, 50), SCORES + 5, threshold=3.0)

    heights = {kind: sum(float(bar.attrib["height"]) for bar in part(svg, kind)) for kind in ("good", "defect")}
    assert heights["good"] == pytest.approx(heights["defect"], abs=1)


@pytest.mark.parametrize(("threshold", "share"), [(1.0, 0.02 / 1.04), (2.0, 1.02 / 1.04), (1.5, 0.5)])
def test_the_threshold_stands_where_its_score_is(threshold: float, share: float) -> None:
    line = part(draw_histogram(SCORES, SCORES, threshold), "threshold").attrib

    assert float(line["x1"]) == pytest.approx(LEFT + share * ACROSS, abs=0.1)


@pytest.mark.parametrize("score", [0.0, 7.0, -3.0])
def test_the_range_is_never_empty(score: float) -> None:
    low, high = score_range(np.array([score]), np.array([]), score)

    assert low < score < high
    draw_histogram(np.array([score]), np.array([]), score)
