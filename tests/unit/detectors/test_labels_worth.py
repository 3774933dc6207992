import pytest

from detectors.calibration import calibrate
from detectors.labels_worth import labels_cost_defects

GOOD = [number / 10 for number in range(10)]
ALONE = calibrate(GOOD, GOOD, wanted_rate=0.01)
SURE_OF_ONE = calibrate([*GOOD[:-1], 9.0], GOOD, wanted_rate=0.01)
DEFECTS = [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 8.5, 0.1, 0.2]


def test_labels_are_not_used_where_one_good_image_would_hide_the_defects() -> None:
    why = labels_cost_defects(SURE_OF_ONE, [*DEFECTS[:9], 3.0], ALONE, DEFECTS)

    assert why == (
        "The labels are not used: with them 0 of 10 labelled defects would score above the threshold, without them 8."
    )


@pytest.mark.parametrize("found", [[2.0] * 10, [2.0] * 8 + [0.1] * 2, [2.0] * 7 + [0.1] * 3])
def test_labels_are_used_where_they_find_as_many_but_for_one_of_ten(found: list[float]) -> None:
    assert labels_cost_defects(ALONE, found, ALONE, DEFECTS) is None


def test_two_of_ten_are_not_chance() -> None:
    assert labels_cost_defects(ALONE, [2.0] * 6 + [0.1] * 4, ALONE, DEFECTS) is not None
