"""A convolutional autoencoder with a structural loss (Bergmann et al., VISAPP 2019): the baseline that sees pixels."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from detectors.methods.port import Arrays, EmbeddedImage, FittedMethod, Floats, LabelledDefect, MethodScore, Training
from detectors.methods.reconstruction.convolutions import double, halve, to_picture
from detectors.methods.reconstruction.examples import pictures_of, require_enough
from detectors.methods.reconstruction.network_arrays import build_seeded, fill_network, network_arrays
from detectors.methods.reconstruction.ssim import pool_windows, ssim_map
from detectors.methods.top_mean import top_mean
from detectors.methods.training import Schedule, train_network

SIDE = 128
HIGHEST_SHARE = 0.01
WIDTHS = (24, 48, 96, 96)
BOTTLENECK = 16
SQUARED_WEIGHT = 5.0
SCHEDULE = Schedule(steps=400, batch=8, learning_rate=2e-3)


class Autoencoder:
    """Learn to send normal pictures through a narrow place; a patch is as odd as what is lost there."""

    name: ClassVar[str] = "autoencoder"
    fewest_images: ClassVar[int] = 16
    uses_defects: ClassVar[bool] = False
    folds: ClassVar[int] = 0
    fewest_defects: ClassVar[int] = 0

    def __init__(self, schedule: Schedule = SCHEDULE) -> None:
        self._schedule = schedule

    def train(
        self,
        good: Sequence[EmbeddedImage],
        held_out: Sequence[EmbeddedImage],
        defects: Sequence[LabelledDefect],  # noqa: ARG002 - it learns from normals alone
        training: Training,
    ) -> FittedMethod:
        """Learn to reconstruct the good images, stopping early by the held-out ones; raise MethodError."""
        require_enough(self.name, self.fewest_images, good, held_out)
        pictures, others = pictures_of(good, SIDE), pictures_of(held_out, SIDE)
        network = build_seeded(build_autoencoder, training.seed)
        train_network(
            network,
            examples=len(pictures),
            loss_of=lambda batch, _: reconstruction_error(pictures[batch], network(pictures[batch])).mean(),
            held_out_loss=lambda: float(reconstruction_error(others, network(others)).mean()),
            schedule=self._schedule,
            training=training,
        )
        return FittedAutoencoder(network)

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        network = build_autoencoder()
        fill_network(network, arrays)
        return FittedAutoencoder(network)


class FittedAutoencoder:
    """A trained autoencoder."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return the reconstruction error on a grid of 32 x 32 and the mean of its highest 1 %."""
        picture = pictures_of([image], SIDE)
        with torch.inference_mode():
            patches: Floats = reconstruction_error(picture, self._network(picture))[0].numpy()
        return MethodScore(top_mean(patches, round(patches.size * HIGHEST_SHARE)), patches)

    def arrays(self) -> Arrays:
        """Return the network's weights."""
        return network_arrays(self._network)


def reconstruction_error(pictures: Tensor, again: Tensor) -> Tensor:
    """Return (1 - SSIM) / 2 + 5 mean((x - x')^2) for each window of pictures (N, 3, H, W): (N, H / 4, W / 4)."""
    squared = pool_windows((pictures - again).square()).mean(dim=1)
    return (1 - ssim_map(pictures, again)) / 2 + SQUARED_WEIGHT * squared


def build_autoencoder() -> nn.Sequential:
    """Return an untrained network from pictures (N, 3, 128, 128) through (N, 16, 8, 8) to pictures."""
    first, second, third, fourth = WIDTHS
    encoder = (halve(3, first), halve(first, second), halve(second, third), halve(third, fourth))
    narrow = (nn.Conv2d(fourth, BOTTLENECK, 1), nn.Conv2d(BOTTLENECK, fourth, 1))
    decoder = (double(fourth, third), double(third, second), double(second, first), to_picture(first))
    return nn.Sequential(*encoder, *narrow, *decoder)
