import numpy as np
import pytest

from detectors.squares import shrink, squared


def test_squares_an_image_both_sides_independently() -> None:
    found = squared(np.full((50, 300, 3), 77, dtype=np.uint8), 96)

    assert found.tolist() == np.full((96, 96, 3), 77).tolist()


def test_leaves_a_fitting_image_alone() -> None:
    fitting = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)

    assert np.array_equal(squared(fitting, 96), fitting)


def test_averages_what_it_makes_smaller() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = 200

    assert np.abs(squared(stripes, 8).astype(int) - 100).max() <= 2


@pytest.mark.parametrize(
    ("height", "width", "expected"), [(40, 20, (10, 5, 3)), (3, 9, (3, 9, 3)), (1, 400, (1, 10, 3))]
)
def test_shrinks_to_a_longest_side(height: int, width: int, expected: tuple[int, ...]) -> None:
    assert shrink(np.zeros((height, width, 3), dtype=np.uint8), 10).shape == expected
