import numpy as np
import pytest

from detectors.faults import Exposure, find_fault, measure_exposure, summarise_exposures

GREY = Exposure(brightness=120, dark_share=0.01, bright_share=0.02)


def frame(value: int) -> np.ndarray:
    return np.full((32, 32, 3), value, dtype=np.uint8)


@pytest.mark.parametrize(("value", "fault"), [(0, "black"), (8, "black"), (40, None), (200, None), (255, "saturated")])
def test_flags_only_what_shows_nothing(value: int, fault: str | None) -> None:
    assert find_fault(measure_exposure(frame(value)), summarise_exposures([GREY])) == fault


def test_a_black_frame_with_a_stamp_in_its_corner_is_black() -> None:
    stamped = frame(3)
    stamped[:2, :8] = 255

    assert find_fault(measure_exposure(stamped), summarise_exposures([GREY])) == "black"


def test_a_small_part_on_a_black_ground_is_no_fault_where_that_is_normal() -> None:
    part = frame(2)
    part[10:14, 10:14] = 200
    usual = summarise_exposures([GREY, measure_exposure(part)])

    assert find_fault(measure_exposure(part), usual) is None
    assert find_fault(measure_exposure(frame(2)), usual) is None


def test_keeps_the_extremes_of_training() -> None:
    statistics = summarise_exposures([GREY, Exposure(80, 0.3, 0.0), Exposure(200, 0.0, 0.5)])

    assert (statistics.brightness_low, statistics.brightness_high) == (80, 200)
    assert (statistics.dark_share_high, statistics.bright_share_high) == (0.3, 0.5)
