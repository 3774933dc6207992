import pytest
import torch

from detectors.methods.supervised.perlin import perlin_masks, perlin_noise


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_is_zero_at_the_lattice_and_bounded_between() -> None:
    noise = perlin_noise(64, 64, (4, 4), seeded())

    beside_lattice = noise[15:17, 15:17]
    assert beside_lattice.abs().max() < 0.1
    assert noise.abs().max() > 0.3
    assert noise.abs().max() <= 1.0


def test_changes_little_from_point_to_point() -> None:
    noise = perlin_noise(64, 64, (4, 4), seeded())

    assert noise.diff(dim=0).abs().max() < 0.2
    assert noise.diff(dim=1).abs().max() < 0.2


def test_more_cells_make_finer_noise() -> None:
    coarse, fine = (perlin_noise(64, 64, (cells, cells), seeded()).diff(dim=0).abs().mean() for cells in (2, 16))

    assert fine > 2 * coarse


@pytest.mark.parametrize(("height", "width"), [(32, 32), (9, 30), (2, 2)])
def test_blobs_are_ones_on_zeros_of_the_size_asked_for(height: int, width: int) -> None:
    masks = perlin_masks(12, height, width, seeded())

    assert masks.shape == (12, height, width)
    assert set(masks.flatten().tolist()) <= {0.0, 1.0}
    assert masks.any()
    assert 0 < masks.mean() < 0.5


def test_blobs_hang_together() -> None:
    masks = perlin_masks(50, 32, 32, seeded())

    neighbours = masks[:, :, 1:][masks[:, :, :-1] == 1]
    assert neighbours.mean() > 1.5 * masks.mean()


def test_the_generator_alone_decides() -> None:
    assert torch.equal(perlin_masks(3, 16, 16, seeded(1)), perlin_masks(3, 16, 16, seeded(1)))
    assert not torch.equal(perlin_masks(3, 16, 16, seeded(1)), perlin_masks(3, 16, 16, seeded(2)))
