import numpy as np
import torch

from detectors.methods.patches import generate_embedding


def test_averages_a_neighbourhood_with_zeros_around_the_image() -> None:
    grid = generate_embedding([torch.ones(1, 1, 4, 4)], 4)

    levels = grid[0, :, :, 0]
    assert levels[1, 1] == 1
    assert np.isclose(float(levels[0, 0]), 4 / 9)


def test_lays_coarse_stages_over_the_finest_and_keeps_row_order() -> None:
    fine = torch.arange(16.0).reshape(1, 1, 4, 4)

    grid = generate_embedding([fine, torch.full((1, 2, 8, 8), 3.0)[:, :, ::4, ::4]], 4)

    assert grid.shape == (1, 4, 4, 3)
    smooth = torch.nn.functional.avg_pool2d(fine, 3, 1, 1)
    assert torch.allclose(grid[0, :, :, 0], smooth[0, 0])


def test_leaves_maps_of_one_stride_where_they_are() -> None:
    first, second = torch.arange(16.0).reshape(1, 1, 4, 4), torch.arange(16.0, 48.0).reshape(1, 2, 4, 4)

    grid = generate_embedding([first, second], 4)

    alone = [generate_embedding([one], 4) for one in (first, second)]
    assert torch.equal(grid, torch.cat(alone, dim=3))


def test_averages_what_is_finer_than_the_grid() -> None:
    fine, coarse = torch.rand(1, 3, 8, 8), torch.rand(1, 2, 4, 4)

    grid = generate_embedding([fine, coarse], 4)

    smooth = torch.nn.functional.avg_pool2d(fine, 3, 1, 1)
    blocks = smooth.reshape(1, 3, 4, 2, 4, 2).mean(dim=(3, 5))
    assert grid.shape == (1, 4, 4, 5)
    assert torch.allclose(grid[0, :, :, :3], blocks[0].permute(1, 2, 0), atol=1e-6)
    assert torch.equal(grid[..., 3:], generate_embedding([coarse], 4))
