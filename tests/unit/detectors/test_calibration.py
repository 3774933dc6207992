from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.calibration import calibrate, conformal_quantile, count_interval, rate_interval, split_folds

finite = st.floats(-1e6, 1e6)


def test_a_p_value_counts_normals_at_least_as_odd() -> None:
    calibration = calibrate([1, 2, 3, 4], [1, 2, 3, 4], wanted_rate=0.25)

    assert [calibration.p_value(score) for score in (0.5, 2, 2.5, 4, 9)] == [1.0, 0.8, 0.6, 0.4, 0.2]


def test_the_threshold_leaves_out_no_more_than_was_promised() -> None:
    scores = list(range(1, 200))

    calibration = calibrate(scores, scores, wanted_rate=0.01)

    assert calibration.threshold == 198
    assert calibration.promised_rate == 0.01
    assert "199 normal images promise at most 1 % false alarms." in calibration.sentence


def test_too_few_images_promise_what_they_can_and_say_so() -> None:
    calibration = calibrate([3, 1, 2], [9, 7, 8], wanted_rate=0.01)

    assert (calibration.promised_rate, calibration.threshold, calibration.map_threshold) == (0.25, 3, 9)
    assert calibration.sentence == ("3 normal images promise at most 25 % false alarms; 1 %, as asked for, takes 99.")


def test_just_enough_images_promise_the_rate_asked_for() -> None:
    assert calibrate(range(99), range(99), wanted_rate=0.01).promised_rate == 0.01
    assert calibrate(range(98), range(98), wanted_rate=0.01).promised_rate > 0.01
    assert conformal_quantile([*range(9)], 0.1) == 8


@given(st.lists(finite, min_size=3, max_size=60), st.floats(0.005, 0.49))
def test_no_more_calibration_scores_than_promised_lie_above_the_threshold(scores: list[float], rate: float) -> None:
    calibration = calibrate(scores, scores, wanted_rate=rate)

    above = sum(score > calibration.threshold for score in scores)

    assert above <= calibration.promised_rate * (len(scores) + 1)
    assert calibration.p_value(max(scores)) >= 1 / (len(scores) + 1)


@pytest.mark.parametrize("count", [20, 200])
def test_fresh_normals_keep_the_promise_on_average(count: int) -> None:
    generator = np.random.default_rng(0)
    alarms = []
    for _ in range(400):
        calibration = calibrate(generator.gumbel(size=count).tolist(), [1.0], wanted_rate=0.05)
        alarms.append((generator.gumbel(size=200) > calibration.threshold).mean())

    assert 0.03 < np.mean(alarms) <= 0.052


@pytest.mark.parametrize(("count", "folds"), [(3, 3), (32, 32), (33, 10), (100, 10), (101, 10), (260, 10)])
def test_every_image_is_held_out_exactly_once(count: int, folds: int) -> None:
    split = split_folds(count, 0)

    assert len(split) == folds
    assert sorted(np.concatenate(split).tolist()) == list(range(count))
    assert max(map(len, split)) <= 2 * min(map(len, split))


def test_neighbours_in_time_stay_in_one_fold() -> None:
    fold_of = {index: number for number, fold in enumerate(split_folds(400, 0)) for index in fold.tolist()}

    together = sum(fold_of[index] == fold_of[index + 1] for index in range(399))

    assert together > 350


def test_the_split_follows_the_seed() -> None:
    assert all(np.array_equal(a, b) for a, b in zip(split_folds(150, 7), split_folds(150, 7), strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(split_folds(150, 7), split_folds(150, 8), strict=True))


@pytest.mark.parametrize("count", [31, 200])
def test_the_rate_of_one_fit_lies_in_its_interval_95_percent_of_the_time(count: int) -> None:
    generator = np.random.default_rng(1)
    thresholds = [calibrate(generator.random(count).tolist(), [1.0], wanted_rate=0.05).threshold for _ in range(4000)]

    low, high = rate_interval(count, 0.05)

    rates = 1 - np.asarray(thresholds)
    assert ((rates >= low) & (rates <= high)).mean() == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize("future", [20, 80])
def test_the_count_in_a_test_lies_in_its_interval_at_least_95_percent_of_the_time(future: int) -> None:
    generator = np.random.default_rng(2)
    counts = np.array(
        [
            (
                generator.random(future) > calibrate(generator.random(100).tolist(), [1.0], wanted_rate=0.05).threshold
            ).sum()
            for _ in range(4000)
        ]
    )

    low, high = count_interval(100, 0.05, future)

    assert 0.94 <= ((counts >= low) & (counts <= high)).mean() <= 1
    assert (counts < low).mean() <= 0.03
    assert (counts > high).mean() <= 0.03


def test_says_between_which_rates_false_alarms_will_lie() -> None:
    calibration = calibrate(range(200), range(200), wanted_rate=0.01)

    assert calibration.interval_sentence == (
        "Between 0.12 % and 2.8 % of good images will raise a false alarm, 95 % of the time."
    )


def test_says_what_threshold_the_other_images_would_set() -> None:
    calibration = replace(calibrate([3.0, 1.0, 9.0, 2.0], [1.0] * 4, wanted_rate=0.01), images=(1, 3, 0, 2))

    assert calibration.threshold == 9
    assert calibration.threshold_without([2]) == 3
    assert calibration.threshold_without([]) == 9


def test_another_threshold_promises_another_rate() -> None:
    calibration = calibrate(range(1, 100), range(101, 200), wanted_rate=0.01)

    moved = calibration.moved_to(89.5)

    assert (moved.threshold, moved.map_threshold) == (89.5, 189)
    assert moved.promised_rate == pytest.approx(0.11)
    assert moved.promised_interval == rate_interval(99, 0.11)
    assert calibration.moved_to(calibration.threshold) == calibration
