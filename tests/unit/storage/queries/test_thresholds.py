from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.queries.thresholds import (
    candidate_thresholds,
    compare_thresholds,
    count_alerts,
    just_above,
    just_below,
    propose_threshold,
    threshold_for_budget,
    threshold_for_commissioning,
)
from storage.records import LabelKind, Scored, ScoredHistory, Window
from tests.factories import NOON

HALF_AN_HOUR = timedelta(minutes=30)
FALSE, DEFECT, MISSED = LabelKind.FALSE_ALARM, LabelKind.DEFECT, LabelKind.MISSED
WEEK = Window(NOON - timedelta(days=7), NOON)


def scored(number: int, score: float, label: LabelKind | None = None, *, incident: int | None = None) -> Scored:
    return Scored(number, NOON - timedelta(days=6) + timedelta(hours=number), score, label, incident)


def history(*scores: Scored, began_days_ago: float = 7) -> ScoredHistory:
    return ScoredHistory(scores, 0.0, 100, 3, NOON - timedelta(days=began_days_ago))


def test_says_what_is_saved_and_what_is_lost_with_the_ids() -> None:
    scores = [
        scored(1, 1.2, FALSE),
        scored(2, 1.4, FALSE),
        scored(3, 1.5, DEFECT),
        scored(4, 1.6),
        scored(5, 0.8, MISSED),
    ]
    scores += [scored(6, 3.0, DEFECT), scored(7, 1.1), scored(8, 0.5, FALSE)]  # the last never was an alarm

    found = compare_thresholds(history(*scores), 1.55, now=1.0, window=WEEK, join=HALF_AN_HOUR)

    assert (found.anomalies_now, found.anomalies, found.alerts_saved) == (6, 2, 4)
    assert (found.defects, found.defects_lost, found.defects_found, found.defects_below) == (3, (3,), (), 2)
    assert (found.false_alarms, found.false_alarms_avoided) == (2, (1, 2))
    assert (found.unlabelled_lost, found.judged, found.not_comparable) == (1, 100, 3)


def test_says_what_a_lower_threshold_finds_and_adds() -> None:
    scores = [scored(1, 0.9, MISSED), scored(2, 0.95, FALSE), scored(3, 2.0)]

    found = compare_thresholds(history(*scores), 0.85, now=1.0, window=WEEK, join=HALF_AN_HOUR)

    assert (found.defects_found, found.false_alarms_added, found.alerts_saved) == ((1,), (2,), -2)


def test_counts_a_week_by_the_time_that_was_watched() -> None:
    scores = [scored(number, 2.0) for number in range(6)]

    found = compare_thresholds(history(*scores, began_days_ago=3.5), 1.0, now=1.0, window=WEEK, join=HALF_AN_HOUR)

    assert found.alerts_a_week == 12


def test_counts_an_incident_once_and_joins_anomalies_without_one_by_time() -> None:
    told = [scored(number, 2.0, incident=7) for number in range(5)]
    near = [Scored(20 + number, NOON + timedelta(minutes=20 * number), 2.0) for number in range(3)]
    later = [Scored(30, NOON + timedelta(hours=3), 2.0)]

    assert count_alerts([*later, *told, *near], HALF_AN_HOUR) == 3


def test_offers_the_thresholds_that_labels_and_fewer_alerts_speak_for() -> None:
    scores = [scored(number, 1 + number / 10) for number in range(1, 9)] + [
        scored(20, 1.456, DEFECT),
        scored(21, 0.7, MISSED),
    ]

    assert candidate_thresholds(scores, 1.0) == (0.6999, 1.0, 1.2, 1.455, 1.456, 1.6, 1.7)


def test_proposes_the_lowest_threshold_that_avoids_the_false_alarms_and_loses_no_defect() -> None:
    scores = [
        scored(1, 1.2, FALSE),
        scored(2, 1.61234, FALSE),
        scored(3, 2.5, FALSE),
        scored(4, 2.0, DEFECT),
        scored(5, 1.9),
    ]

    assert propose_threshold(scores, 1.0).threshold == 1.613


def test_proposes_a_lower_threshold_only_for_what_was_missed() -> None:
    assert propose_threshold([scored(1, 0.9, MISSED), scored(2, 1.5, DEFECT)], 1.0).threshold == 0.8999
    assert propose_threshold([scored(1, 0.9, MISSED), scored(2, 0.95, FALSE)], 1.0).threshold is None
    assert propose_threshold([scored(1, 1.5, FALSE)], 1.0).threshold is None
    assert propose_threshold([], 1.0).threshold is None


def test_finds_the_threshold_that_keeps_a_budget() -> None:
    incidents = [[1.1, 1.3], [1.2], [2.0], [1.05]]

    assert threshold_for_budget(incidents, 2, now=1.0) == 1.2
    assert threshold_for_budget(incidents, 0, now=1.0) == 2.0
    assert threshold_for_budget(incidents, 4, now=1.0) is None


@given(st.floats(min_value=1e-6, max_value=1e6), st.floats(min_value=1e-6, max_value=1e6))
def test_gives_thresholds_that_can_be_typed_and_part_two_scores(one: float, other: float) -> None:
    lower, upper = sorted((one, other))

    assert just_below(lower) < lower
    assert float(f"{just_below(lower):.4g}") == pytest.approx(just_below(lower), rel=1e-12)
    if lower < upper:
        assert lower <= just_above(lower, below=upper) < upper


def test_counts_no_alert_for_what_was_held_back() -> None:
    held = Scored(9, NOON, 2.0, None, None, is_held=True)

    assert count_alerts([held, scored(1, 1.5)], HALF_AN_HOUR) == 1


def test_keeps_the_budget_on_the_images_of_a_commissioning() -> None:
    scores = [scored(number, score) for number, score in enumerate((1.2, 1.9, 1.5, 1.4))] + [scored(9, 3.0, DEFECT)]

    def chosen(allowed: int) -> float:
        return threshold_for_commissioning(scores, allowed, now=1.0, join=HALF_AN_HOUR)

    assert [chosen(allowed) for allowed in (0, 1, 3, 9)] == [1.9, 1.5, 1.2, 1.0]
    assert threshold_for_commissioning([], 0, now=1.0, join=HALF_AN_HOUR) == 1.0
