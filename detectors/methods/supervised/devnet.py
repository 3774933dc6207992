"""DevNet on frozen features: deviation from a normal reference (Pang et al., KDD 2019; with patches, arXiv 2021)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from detectors.methods.port import (
    Arrays,
    EmbeddedImage,
    FittedMethod,
    LabelledDefect,
    MethodError,
    MethodScore,
    Training,
)
from detectors.methods.reconstruction.examples import require_enough
from detectors.methods.reconstruction.moments import Scale
from detectors.methods.reconstruction.network_arrays import build_seeded, fill_network, network_arrays
from detectors.methods.supervised.feature_scale import planes_of, require_alike, restore_scale, scale_arrays
from detectors.methods.training import Schedule, train_network

REFERENCES = 5000
MARGIN = 5.0
HIGHEST_SHARE = 0.1
HELD_OUT_SHARE = 0.2
HIDDEN = 32
DEFECTS_A_BATCH = 8
MOST_SECONDS = 170.0
SCHEDULE = Schedule(steps=300, batch=8, learning_rate=1e-3, weight_decay=1e-2)


class DevNet:
    """Learn patch scores whose highest tenth lies at a normal reference for good images and far above it for bad."""

    name: ClassVar[str] = "devnet"
    uses_defects: ClassVar[bool] = True
    folds: ClassVar[int] = 0
    fewest_images: ClassVar[int] = 8
    fewest_defects: ClassVar[int] = 2

    def __init__(self, schedule: Schedule = SCHEDULE) -> None:
        self._schedule = schedule

    def train(
        self,
        good: Sequence[EmbeddedImage],
        held_out: Sequence[EmbeddedImage],
        defects: Sequence[LabelledDefect],
        training: Training,
    ) -> FittedMethod:
        """Train on some defects, stopping early by the others and the held-out images; raise MethodError."""
        require_enough(self.name, self.fewest_images, good, held_out)
        if len(defects) < self.fewest_defects:
            raise MethodError(f"{self.name} needs at least {self.fewest_defects} labelled defects, got {len(defects)}.")
        grid = require_alike([*good, *held_out, *(defect.image for defect in defects)])
        scale = Scale.measure(torch.from_numpy(image.grid.rows) for image in good)
        network = build_seeded(lambda: _network(grid.rows.shape[1]), training.seed)
        centre, spread = reference(training.seed)
        shown, kept = _split([defect.image for defect in defects], training.seed)

        def deviations(images: Sequence[EmbeddedImage]) -> Tensor:
            return (image_scores(network(planes_of(scale, images))[:, 0]) - centre) / spread

        def loss_of(batch: Tensor, generator: torch.Generator) -> Tensor:
            drawn = torch.randint(len(shown), (DEFECTS_A_BATCH,), generator=generator).tolist()
            normal, defective = [good[index] for index in batch.tolist()], [shown[index] for index in drawn]
            found = deviations([*normal, *defective])
            return deviation_loss(found, torch.arange(len(found)) >= len(normal))

        def held_out_loss() -> float:
            found = [deviations([image]) for image in [*held_out, *kept]]
            is_defect = torch.arange(len(found)) >= len(held_out)
            return float(deviation_loss(torch.cat(found), is_defect))

        train_network(
            network,
            examples=len(good),
            loss_of=loss_of,
            held_out_loss=held_out_loss,
            schedule=self._schedule,
            training=replace(training, seconds=min(training.seconds, MOST_SECONDS)),
        )
        return FittedDevNet(network, scale, (centre, spread))

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        scale = restore_scale(arrays)
        network = _network(len(scale.mean))
        fill_network(network, arrays)
        centre, spread = arrays["reference"].astype(np.float64).tolist()
        return FittedDevNet(network, scale, (centre, spread))


class FittedDevNet:
    """A trained network, the scale of its features, and the mean and spread of the reference scores."""

    def __init__(self, network: nn.Module, scale: Scale, reference_scores: tuple[float, float]) -> None:
        self._network, self._scale, self._reference = network, scale, reference_scores

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return how many reference spreads the highest tenth of the patches lies above it, and each patch."""
        centre, spread = self._reference
        with torch.inference_mode():
            patches = (self._network(planes_of(self._scale, [image]))[:, 0] - centre) / spread
            return MethodScore(float(image_scores(patches)[0]), patches[0].numpy())

    def arrays(self) -> Arrays:
        """Return the network's weights, the scale, and the reference."""
        return network_arrays(self._network) | scale_arrays(self._scale) | {"reference": np.array(self._reference)}


def reference(seed: int) -> tuple[float, float]:
    """Return mean and standard deviation of 5,000 scores drawn from N(0, 1) (2019, eq. 4)."""
    drawn = torch.randn(REFERENCES, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return float(drawn.mean()), float(drawn.std())


def image_scores(patches: Tensor) -> Tensor:
    """Return the mean of each image's highest tenth of patch scores (N, h, w), (N,): the paper's top-K."""
    flat = patches.flatten(1)
    highest = max(1, round(flat.shape[1] * HIGHEST_SHARE))
    return flat.topk(highest, dim=1).values.mean(dim=1)


def deviation_loss(deviations: Tensor, is_defect: Tensor) -> Tensor:
    """Return the mean of |dev| over normals plus that of max(0, a - dev) over defects, a = 5 (2019, eq. 6 and 7)."""
    normal, defective = deviations[~is_defect], deviations[is_defect]
    return normal.abs().mean() + (MARGIN - defective).clamp(min=0).mean()


def _network(dimensions: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(dimensions, HIDDEN, 1), nn.ReLU(), nn.Conv2d(HIDDEN, 1, 1))


def _split(images: Sequence[EmbeddedImage], seed: int) -> tuple[list[EmbeddedImage], list[EmbeddedImage]]:
    """Return the defects to learn from, and at least one to stop by."""
    order = np.random.default_rng(seed).permutation(len(images))
    count = max(1, round(HELD_OUT_SHARE * len(images)))
    return [images[index] for index in order[count:]], [images[index] for index in order[:count]]
