"""SuperSimpleNet on frozen features (Rolih, Fucka, Skocaj, ICPR 2024): none, few or many labelled defects."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from detectors.methods.port import (
    Arrays,
    EmbeddedImage,
    FittedMethod,
    LabelledDefect,
    MethodScore,
    Training,
)
from detectors.methods.reconstruction.examples import require_enough
from detectors.methods.reconstruction.moments import Scale
from detectors.methods.reconstruction.network_arrays import build_seeded, fill_network, network_arrays
from detectors.methods.supervised.detection_losses import focal, truncated_l1
from detectors.methods.supervised.feature_scale import planes_of, require_alike, restore_scale, scale_arrays
from detectors.methods.supervised.patch_labels import patch_labels
from detectors.methods.supervised.perlin import perlin_masks
from detectors.methods.supervised.simplenet_network import SimpleNetwork
from detectors.methods.training import Schedule, train_network

# In spreads of the features: the paper's .015 is for features that it does not standardise.
NOISE = 0.5
DEFECTS_A_BATCH = 4
MOST_SECONDS = 170.0
SCHEDULE = Schedule(steps=300, batch=8, learning_rate=1e-3)


class SimpleNet:
    """Learn to find feature noise in Perlin blobs on good images, and labelled defects beside it."""

    name: ClassVar[str] = "simplenet"
    uses_defects: ClassVar[bool] = True
    folds: ClassVar[int] = 0
    fewest_images: ClassVar[int] = 8
    fewest_defects: ClassVar[int] = 0

    def __init__(self, schedule: Schedule = SCHEDULE) -> None:
        self._schedule = schedule

    def train(
        self,
        good: Sequence[EmbeddedImage],
        held_out: Sequence[EmbeddedImage],
        defects: Sequence[LabelledDefect],
        training: Training,
    ) -> FittedMethod:
        """Train, stopping early by noise on the held-out images; raise MethodError."""
        require_enough(self.name, self.fewest_images, good, held_out)
        grid = require_alike([*good, *held_out, *(defect.image for defect in defects)])
        scale = Scale.measure(torch.from_numpy(image.grid.rows) for image in good)
        network = build_seeded(lambda: SimpleNetwork(grid.rows.shape[1]), training.seed)
        labelled = [_marked(defect) for defect in defects]

        def loss_of(batch: Tensor, generator: torch.Generator) -> Tensor:
            normal = planes_of(scale, [good[index] for index in batch.tolist()])
            loss = noise_loss(network, normal, generator)
            if labelled:
                drawn = torch.randint(len(labelled), (DEFECTS_A_BATCH,), generator=generator).tolist()
                shown = [labelled[index] for index in drawn]
                planes = planes_of(scale, [one.image for one in shown])
                loss = loss + labelled_loss(network, planes, normal[:DEFECTS_A_BATCH], shown)
            return loss

        def held_out_loss() -> float:
            generator = torch.Generator().manual_seed(training.seed)
            losses = [noise_loss(network, planes_of(scale, [image]), generator) for image in held_out]
            return float(torch.stack(losses).mean())

        train_network(
            network,
            examples=len(good),
            loss_of=loss_of,
            held_out_loss=held_out_loss,
            schedule=self._schedule,
            training=replace(training, seconds=min(training.seconds, MOST_SECONDS)),
        )
        return FittedSimpleNet(network, scale)

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        scale = restore_scale(arrays)
        network = SimpleNetwork(len(scale.mean))
        fill_network(network, arrays)
        return FittedSimpleNet(network, scale)


class FittedSimpleNet:
    """A trained network and the scale of its features."""

    def __init__(self, network: SimpleNetwork, scale: Scale) -> None:
        self._network, self._scale = network, scale

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return the log odds that the image is defective, and those of every patch."""
        with torch.inference_mode():
            marks, verdict = self._network.judge(self._network.adapt(planes_of(self._scale, [image])))
        return MethodScore(float(verdict[0]), marks[0].numpy())

    def arrays(self) -> Arrays:
        """Return the network's weights and the scale."""
        return network_arrays(self._network) | scale_arrays(self._scale)


@dataclass(frozen=True, slots=True)
class MarkedDefect:
    """A labelled defect; is_defect and is_known (h, w): which patches are defective, and which are told at all."""

    image: EmbeddedImage
    is_defect: Tensor
    is_known: Tensor


def noise_loss(network: SimpleNetwork, normal: Tensor, generator: torch.Generator) -> Tensor:
    """Return the loss over good features (N, D, h, w) and over the same with Gaussian noise inside Perlin blobs."""
    count, _, height, width = normal.shape
    adapted = network.adapt(normal)
    blobs = perlin_masks(count, height, width, generator)
    noise = NOISE * torch.randn(adapted.shape, generator=generator)
    marks, verdicts = network.judge(torch.cat([adapted, adapted + noise * blobs[:, None]]))
    is_blob = torch.cat([torch.zeros_like(blobs), blobs]) > 0
    return _loss(marks, is_blob) + focal(verdicts, is_blob.flatten(1).any(dim=1))


def labelled_loss(network: SimpleNetwork, defective: Tensor, normal: Tensor, labels: Sequence[MarkedDefect]) -> Tensor:
    """Return the loss over defects (N, D, h, w) beside good features; where nobody drew a mask, of the image alone."""
    marks, verdicts = network.judge(network.adapt(torch.cat([defective, normal])))
    truth = torch.arange(len(verdicts)) < len(defective)
    is_known = torch.stack([label.is_known for label in labels])
    is_defect = torch.stack([label.is_defect for label in labels])
    loss = focal(verdicts, truth)
    if is_known.any():
        loss = loss + _loss(marks[: len(defective)][is_known], is_defect[is_known])
    return loss


def _loss(marks: Tensor, is_defect: Tensor) -> Tensor:
    return truncated_l1(marks, is_defect) + focal(marks, is_defect)


def _marked(defect: LabelledDefect) -> MarkedDefect:
    height, width = defect.image.grid.height, defect.image.grid.width
    if defect.mask is None:
        nothing = np.zeros((height, width), dtype=bool)
        return MarkedDefect(defect.image, torch.from_numpy(nothing), torch.from_numpy(nothing))
    positive, negative = (labels.reshape(height, width) for labels in patch_labels(defect.mask, height, width))
    return MarkedDefect(defect.image, torch.from_numpy(positive), torch.from_numpy(positive | negative))
