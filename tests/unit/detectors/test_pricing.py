import pytest

from detectors.calibration import calibrate
from detectors.expected_cost import Prices
from detectors.pricing import price_threshold

NORMALS = [float(score) for score in range(1, 20)]
PROMISED = calibrate(NORMALS, NORMALS, wanted_rate=0.05)


def test_keeps_the_promised_threshold_where_a_miss_has_no_price() -> None:
    calibration, outlook = price_threshold(PROMISED, [18.0, 30.0, 40.0, 50.0], None)

    assert calibration == PROMISED
    assert outlook is not None
    assert (outlook.recall, outlook.least_cost) == (0.75, None)
    assert outlook.sentence == "3 of 4 labelled defects that it has not seen score above the threshold."


def test_says_nothing_of_defects_where_there_are_none() -> None:
    assert price_threshold(PROMISED, [], None) == (PROMISED, None)


def test_moves_to_the_cheapest_threshold_and_says_what_becomes_of_the_promise() -> None:
    calibration, outlook = price_threshold(PROMISED, [17.5, 30.0, 40.0, 50.0], Prices(100, 0.01))

    assert calibration.threshold == 17.25
    assert calibration.promised_rate == pytest.approx(3 / 20)
    assert outlook is not None
    assert (outlook.scored, outlook.recall) == (4, 1.0)
    assert "17.25 costs least, not 19" in outlook.sentence
    assert "promised at 15.0% instead of 5.0% of good images" in outlook.sentence
    assert "100% instead of 75% of 4 unseen defects" in outlook.sentence


@pytest.mark.parametrize(("defects", "recall", "there"), [([], None, "are none"), ([30.0], 1.0, "are 1")])
def test_keeps_the_promise_and_says_so_where_too_few_defects_are_unseen(
    defects: list[float], recall: float | None, there: str
) -> None:
    calibration, outlook = price_threshold(PROMISED, defects, Prices(100, 0.01))

    assert calibration == PROMISED
    assert outlook is not None
    assert (outlook.scored, outlook.recall, outlook.least_cost) == (len(defects), recall, None)
    assert there in outlook.sentence
