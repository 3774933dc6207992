from datetime import UTC, datetime

import pytest

from agent.messages.figures import against_good_ones, against_threshold, clock, span
from config.counting import several


@pytest.mark.parametrize(
    ("score", "threshold", "shown"),
    [
        (2.3, 1.0, "2.3x the threshold"),
        (1.02, 1.0, "1.02x the threshold"),
        (25.4, 1.0, "25x the threshold"),
        (0.5, 1.0, "0.50x the threshold"),
        (3.2, 0.0, "score 3.2, threshold 0"),
        (3.2, -1.0, "score 3.2, threshold -1"),
    ],
)
def test_says_a_score_against_its_threshold(score: float, threshold: float, shown: str) -> None:
    assert against_threshold(score, threshold) == shown


@pytest.mark.parametrize(
    ("p_value", "good_ones", "shown"),
    [
        (1 / 201, 200, "odder than all 200 good ones"),
        (5 / 201, 200, "odder than 196 of 200 good ones"),
        (1.0, 200, "odder than 0 of 200 good ones"),
        (None, 200, ""),
        (0.1, 0, ""),
    ],
)
def test_says_how_many_good_ones_it_is_odder_than(p_value: float | None, good_ones: int, shown: str) -> None:
    assert against_good_ones(p_value, good_ones) == shown


def test_writes_a_moment_in_the_zone_with_its_date_unless_it_is_today() -> None:
    now = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)

    assert clock(datetime(2026, 11, 23, 23, 5, 9, tzinfo=UTC), "Europe/Berlin", today=now) == "00:05:09"
    assert clock(datetime(2026, 11, 23, 22, 5, 9, tzinfo=UTC), "Europe/Berlin", today=now) == "2026-11-23 23:05"


def test_writes_spans_and_counts() -> None:
    assert [span(60), span(90), span(30)] == ["1 h", "1.5 h", "30 min"]
    assert [several(1, "frame"), several(0, "frame")] == ["1 frame", "0 frames"]
