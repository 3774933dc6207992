import numpy as np
import torch

from detectors.methods.patches import generate_embedding


def test_averages_a_neighbourhood_with_zeros_around_the_image() -> None:
    grid = generate_embedding([torch.ones(1, 1, 4, 4)], 4)

    levels = grid.rows.reshape(4, 4)
    assert levels[1, 1] == 1
    assert np.isclose(levels[0, 0], 4 / 9)


def test_lays_coarse_stages_over_the_finest_and_keeps_row_order() -> None:
    fine = torch.arange(16.0).reshape(1, 1, 4, 4)

    grid = generate_embedding([fine, torch.full((1, 2, 8, 8), 3.0)[:, :, ::4, ::4]], 4)

    assert (grid.height, grid.width, grid.rows.shape) == (4, 4, (16, 3))
    smooth = torch.nn.functional.avg_pool2d(fine, 3, 1, 1).flatten().numpy()
    assert np.allclose(grid.rows[:, 0], smooth)


def test_leaves_maps_of_one_stride_where_they_are() -> None:
    first, second = torch.arange(16.0).reshape(1, 1, 4, 4), torch.arange(16.0, 48.0).reshape(1, 2, 4, 4)

    grid = generate_embedding([first, second], 4)

    alone = [generate_embedding([one], 4).rows for one in (first, second)]
    assert np.array_equal(grid.rows, np.concatenate(alone, axis=1))


def test_averages_what_is_finer_than_the_grid() -> None:
    fine, coarse = torch.rand(1, 3, 8, 8), torch.rand(1, 2, 4, 4)

    grid = generate_embedding([fine, coarse], 4)

    smooth = torch.nn.functional.avg_pool2d(fine, 3, 1, 1)
    blocks = smooth.reshape(1, 3, 4, 2, 4, 2).mean(dim=(3, 5))
    assert (grid.height, grid.width, grid.rows.shape) == (4, 4, (16, 5))
    assert np.allclose(grid.rows[:, :3], blocks[0].permute(1, 2, 0).reshape(16, 3).numpy(), atol=1e-6)
    assert np.array_equal(grid.rows[:, 3:], generate_embedding([coarse], 4).rows)
