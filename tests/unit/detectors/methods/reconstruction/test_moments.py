import pytest
import torch

from detectors.methods.reconstruction.moments import Scale, gather_moments, whitening_of


def test_gathers_in_pieces_what_the_whole_has() -> None:
    rows = torch.randn(50, 3, generator=torch.Generator().manual_seed(0)) + 100

    mean, covariance = gather_moments(torch.split(rows, 7))

    assert torch.allclose(mean, rows.double().mean(dim=0))
    assert torch.allclose(covariance, torch.cov(rows.double().T))


def test_standardises_and_leaves_a_constant_channel_finite() -> None:
    patches = torch.randn(3, 16, 2) * torch.tensor([5.0, 0.0]) + 7

    standard = Scale.measure(iter(patches)).standardise(patches)

    assert standard[..., 0].mean().item() == pytest.approx(0, abs=1e-5)
    assert standard[..., 0].std().item() == pytest.approx(1, abs=1e-5)
    assert standard[..., 1].abs().max().item() == 0


def test_whitens() -> None:
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(500, 3, generator=generator) @ torch.tensor([[2.0, 0, 0], [1, 0.5, 0], [0, 3, 1]]) + 4

    mean, whitening = whitening_of(torch.split(rows, 90), 0.0)

    assert torch.allclose(torch.cov(((rows - mean) @ whitening.T).T), torch.eye(3), atol=1e-3)
