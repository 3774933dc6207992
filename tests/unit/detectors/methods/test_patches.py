import numpy as np
import torch

from detectors.methods.patches import generate_embedding


def test_averages_a_neighbourhood_with_zeros_around_the_image() -> None:
    grid = generate_embedding([torch.ones(1, 1, 4, 4)])

    levels = grid.rows.reshape(4, 4)
    assert levels[1, 1] == 1
    assert np.isclose(levels[0, 0], 4 / 9)


def test_lays_coarse_stages_over_the_finest_and_keeps_row_order() -> None:
    fine = torch.arange(16.0).reshape(1, 1, 4, 4)

    grid = generate_embedding([fine, torch.full((1, 2, 8, 8), 3.0)[:, :, ::4, ::4]])

    assert (grid.height, grid.width, grid.rows.shape) == (4, 4, (16, 3))
    smooth = torch.nn.functional.avg_pool2d(fine, 3, 1, 1).flatten().numpy()
    assert np.allclose(grid.rows[:, 0], smooth)


def test_leaves_maps_of_one_stride_where_they_are() -> None:
    first, second = torch.arange(16.0).reshape(1, 1, 4, 4), torch.arange(16.0, 48.0).reshape(1, 2, 4, 4)

    grid = generate_embedding([first, second])

    alone = [generate_embedding([one]).rows for one in (first, second)]
    assert np.array_equal(grid.rows, np.concatenate(alone, axis=1))
