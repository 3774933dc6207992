import pytest
import torch
from torch import nn

from detectors.methods.reconstruction.network_arrays import build_seeded
from detectors.methods.sampling.patch_autoencoder import PATCH, build_patch_autoencoder, pixel_losses


@pytest.mark.parametrize(("height", "width"), [(PATCH, PATCH), (128, 128), (24, 40)])
def test_returns_pictures_of_any_size_again(height: int, width: int) -> None:
    again = build_patch_autoencoder()(torch.rand(2, 3, height, width))

    assert again.shape == (2, 3, height, width)
    assert 0 <= float(again.min().detach()) <= float(again.max().detach()) <= 1


def test_sees_a_patch_within_its_picture_as_it_saw_it_alone() -> None:
    network = build_seeded(build_patch_autoencoder, 0)
    picture = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))

    whole, part = network(picture), network(picture[:, :, :96, :96])

    assert torch.allclose(whole[:, :, :64, :64], part[:, :, :64, :64], atol=1e-6)


def test_measures_the_mean_loss_of_every_cell() -> None:
    class Nothing(nn.Module):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return torch.zeros_like(pictures)

    pictures = torch.zeros(1, 3, 4, 4)
    pictures[0, 0, 0, 0] = 1.2

    losses = pixel_losses(Nothing(), pictures)

    assert losses.shape == (1, 2, 2)
    assert torch.allclose(losses[0], torch.tensor([[0.1, 0.0], [0.0, 0.0]]))
