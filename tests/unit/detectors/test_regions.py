import numpy as np

from detectors.regions import find_regions


def flat_map(side: int = 20) -> np.ndarray:
    return np.ones((side, side), dtype=np.float32)


def test_scales_a_box_to_pixels_of_the_original() -> None:
    levels = flat_map()
    levels[4:8, 10:12] = 5
    levels[5, 11] = 6

    (area,) = find_regions(levels, 2, width=200, height=100, at_least_one=False)

    region = area.region
    assert (region.x, region.y, region.width, region.height) == (100, 20, 20, 20)
    assert (region.area, region.peak, area.row, area.column) == (400, 6, 5, 11)


def test_sorts_by_peak_and_keeps_ten() -> None:
    levels = flat_map(40)
    for index in range(15):
        levels[2 * index, 3] = 3 + index

    areas = find_regions(levels, 2, width=40, height=40, at_least_one=False)

    assert [area.region.peak for area in areas] == [17, 16, 15, 14, 13, 12, 11, 10, 9, 8]


def test_a_map_below_the_threshold_has_no_region_unless_one_is_wanted() -> None:
    levels = flat_map()
    levels[6:9, 6:9] = 1.5

    assert find_regions(levels, 2, width=20, height=20, at_least_one=False) == ()
    (area,) = find_regions(levels, 2, width=20, height=20, at_least_one=True)
    assert (area.region.x, area.region.y, area.region.width, area.region.height) == (6, 6, 3, 3)


def test_a_value_on_the_threshold_is_normal() -> None:
    assert find_regions(flat_map(), 1.0, width=20, height=20, at_least_one=False) == ()


def test_a_region_stays_inside_a_tiny_or_odd_image() -> None:
    levels = flat_map()
    levels[19, 19] = 9
    levels[0, 0] = 8

    for width, height in ((7, 3), (1, 1), (333, 1001)):
        for area in find_regions(levels, 2, width=width, height=height, at_least_one=True):
            region = area.region
            assert 0 <= region.x < region.x + region.width <= width
            assert 0 <= region.y < region.y + region.height <= height
            assert region.area >= 1
