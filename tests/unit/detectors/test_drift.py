import json
import math

import numpy as np
import pytest

from detectors.calibration import calibrate
from detectors.drift import (
    BINS,
    FALSE_ALARM_PROBABILITY,
    Direction,
    check_drift,
    follow,
    judge_drift,
    restore_drift_check,
    start_drift_check,
)

SEEDS = range(40)


def make_p_values(
    seed: int, *, calibration: int = 200, images: int = 80, shift: float = 0.0, start: int = 0, defects: float = 0.0
) -> list[float]:
    """P-values of scores that from one image on are shifted, in standard deviations of about 1.3."""
    generator = np.random.default_rng(seed)
    fitted = calibrate(generator.gumbel(size=calibration).tolist(), [1.0], wanted_rate=0.05)
    scores = generator.gumbel(size=images)
    scores[start:] += shift
    scores[generator.random(images) < defects] += 20
    return [fitted.p_value(score) for score in scores]


def share_told(direction: Direction, *, calibration: int = 200, **changes: float) -> float:
    given = [make_p_values(seed, calibration=calibration, **changes) for seed in SEEDS]  # type: ignore[arg-type]  # the caller's names
    return float(np.mean([check_drift(calibration, values).direction is direction for values in given]))


@pytest.mark.parametrize("calibration", [5, 40, 200])
def test_tells_of_no_drift_while_nothing_changes_however_often_it_looks(calibration: int) -> None:
    told = [
        check_drift(calibration, make_p_values(1000 + seed, calibration=calibration, images=200)).direction
        for seed in range(120)
    ]

    assert sum(direction is not None for direction in told) <= 120 * FALSE_ALARM_PROBABILITY + 2


@pytest.mark.parametrize(("shift", "direction"), [(1.3, Direction.HIGHER), (-1.3, Direction.LOWER)])
def test_tells_which_way_scores_went_within_eighty_images(shift: float, direction: Direction) -> None:
    assert share_told(direction, shift=shift) >= 0.95


def test_tells_of_a_change_that_comes_late() -> None:
    assert share_told(Direction.HIGHER, images=500, start=400, shift=2.0) >= 0.95


def test_holds_a_few_true_defects_for_no_drift() -> None:
    assert share_told(Direction.HIGHER, images=300, defects=0.05) <= 0.05


def test_says_since_when_in_words() -> None:
    drift = check_drift(200, make_p_values(0, images=200, start=150, shift=3.0))

    assert drift.direction is Direction.HIGHER
    assert 40 <= drift.images <= 70
    assert drift.sentence.startswith(f"The last {drift.images} images score higher than the good ones of the fit")
    assert "refit" in drift.sentence


def test_nobody_wins_on_average_by_betting_against_the_urn() -> None:
    capitals = []
    for seed in range(400):
        state, _ = follow(start_drift_check(30), make_p_values(seed, calibration=30, images=1))
        capitals.append(np.mean(state.stakes) + 1 / 2)

    assert np.mean(capitals) == pytest.approx(1.0, abs=0.1)


def test_comes_to_the_same_whether_it_is_carried_on_through_json_or_not() -> None:
    values = make_p_values(3, images=90, shift=0.8)
    whole, _ = follow(start_drift_check(200), values)

    state = start_drift_check(200)
    for part in (values[:7], values[7:50], values[50:]):
        state = restore_drift_check(json.loads(json.dumps(state.as_json())))
        state, _ = follow(state, part)

    assert state == whole
    assert sum(state.counts) == 201 + 90


def test_begins_anew_where_what_was_kept_is_of_other_bets() -> None:
    state, _ = follow(start_drift_check(50), make_p_values(0, calibration=50))

    assert restore_drift_check(state.as_json() | {"stakes": [1.0]}) == start_drift_check(50)


def test_stays_finite_however_long_a_drift_lasts() -> None:
    state, best = follow(start_drift_check(50), [1 / 51] * 2000)

    assert all(math.isfinite(stake) for stake in state.stakes)
    assert judge_drift(state, best).direction is Direction.HIGHER


def test_tells_a_direction_once() -> None:
    state, best = follow(start_drift_check(200), make_p_values(0, shift=3.0))

    assert judge_drift(state, best, told=["higher"]).direction is None


@pytest.mark.parametrize("calibration", [3, 19, 20, 260])
def test_every_place_among_the_calibration_scores_has_a_bin(calibration: int) -> None:
    state = start_drift_check(calibration)

    assert len(state.counts) == BINS
    assert sum(state.counts) == calibration + 1
    follow(state, [rank / (calibration + 1) for rank in range(1, calibration + 2)])
