import numpy as np
import pytest
from PIL import Image

from detectors.squares import resize, shrink, squared


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


@pytest.mark.parametrize("size", [(256, 256), (97, 31), (640, 500), (1, 1), (1999, 1501), (2300, 1700)])
@pytest.mark.parametrize("resample", [Image.Resampling.BILINEAR, Image.Resampling.LANCZOS])
@pytest.mark.parametrize("gap", [2.0, 3.0])
def test_resizes_in_bands_to_the_bit_as_pillow_does_at_once(
    size: tuple[int, int], resample: Image.Resampling, gap: float
) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (1501, 1999, 3), dtype=np.uint8)

    found = resize(pixels, size, resample, reducing_gap=gap)

    assert np.array_equal(
        np.asarray(found), np.asarray(Image.fromarray(pixels).resize(size, resample, reducing_gap=gap))
    )
