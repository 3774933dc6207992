import pytest
import torch

from detectors.methods.reconstruction.ssim import pool_windows, ssim_map


def test_finds_a_picture_like_itself() -> None:
    picture = torch.rand(2, 3, 32, 32)

    assert torch.allclose(ssim_map(picture, picture), torch.ones(2, 8, 8), atol=1e-4)


def test_equals_the_formula_inside_a_window() -> None:
    one, other = torch.rand(1, 1, 16, 16), torch.rand(1, 1, 16, 16)
    # The second window starts two pixels in: four on, less the mirrored margin of two.
    x, y = one[0, 0, 2:10, 2:10].double(), other[0, 0, 2:10, 2:10].double()
    covariance = ((x - x.mean()) * (y - y.mean())).mean()
    light = (2 * x.mean() * y.mean() + 0.01**2) / (x.mean() ** 2 + y.mean() ** 2 + 0.01**2)
    structure = (2 * covariance + 0.03**2) / (x.var(correction=0) + y.var(correction=0) + 0.03**2)

    assert ssim_map(one, other)[0, 1, 1].item() == pytest.approx(float(light * structure), abs=1e-4)


def test_is_lowest_where_the_pictures_differ() -> None:
    picture = torch.rand(1, 3, 64, 64)
    other = picture.clone()
    other[..., 32:40, 16:24] = 0.5

    row, column = divmod(int(ssim_map(picture, other).argmin()), 16)

    assert row in (8, 9)
    assert column in (4, 5)


def test_keeps_a_level_plane_level() -> None:
    assert torch.allclose(pool_windows(torch.full((1, 1, 16, 16), 0.3)), torch.full((1, 1, 4, 4), 0.3))
