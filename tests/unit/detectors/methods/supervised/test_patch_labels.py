import numpy as np
import pytest

from detectors.methods.supervised.patch_labels import mask_cover, patch_labels


def mask(rows: slice, columns: slice) -> np.ndarray:
    drawn = np.zeros((64, 64), dtype=bool)
    drawn[rows, columns] = True
    return drawn


def test_measures_the_share_of_each_patch_that_is_covered() -> None:
    cover = mask_cover(mask(slice(0, 8), slice(0, 12)), 8, 8)

    assert cover[0].tolist() == [1.0, 0.5, 0, 0, 0, 0, 0, 0]
    assert not cover[1:].any()


def test_calls_half_covered_patches_defective_and_barely_touched_ones_neither() -> None:
    positive, negative = patch_labels(mask(slice(0, 8), slice(0, 18)), 8, 8)

    assert np.flatnonzero(positive).tolist() == [0, 1]
    assert not positive[2]
    assert not negative[2]
    assert negative.sum() == 61


def test_a_defect_smaller_than_a_patch_takes_the_patch_it_covers_most() -> None:
    positive, negative = patch_labels(mask(slice(2, 5), slice(6, 9)), 8, 8)

    assert np.flatnonzero(positive).tolist() == [0]
    assert np.flatnonzero(~negative).tolist() == [0, 1]


def test_an_empty_mask_calls_every_patch_normal() -> None:
    positive, negative = patch_labels(np.zeros((64, 64), dtype=bool), 8, 8)

    assert not positive.any()
    assert negative.all()


@pytest.mark.parametrize("side", [7, 12])
def test_covers_every_pixel_where_the_sides_do_not_divide(side: int) -> None:
    assert np.allclose(mask_cover(np.ones((64, 64), dtype=bool), side, side), 1.0)
