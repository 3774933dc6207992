"""A transformer that rebuilds frozen patch features from their surroundings (after UniAD, NeurIPS 2022)."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from detectors.methods.port import (
    Arrays,
    EmbeddedImage,
    FittedMethod,
    Floats,
    LabelledDefect,
    MethodScore,
    Training,
)
from detectors.methods.reconstruction.blind_attention import BlindTransformer
from detectors.methods.reconstruction.examples import patches_of, require_enough, require_square_grids
from detectors.methods.reconstruction.moments import Scale, whitening_of
from detectors.methods.reconstruction.network_arrays import build_seeded, fill_network, network_arrays
from detectors.methods.reconstruction.patch_blocks import BLOCK, join_blocks, split_blocks, token_side
from detectors.methods.top_mean import top_mean
from detectors.methods.training import Schedule, train_network

WIDTH = 128
DEPTH = 3
BLIND = 1
DROPPED = 0.1
SQUARED_WEIGHT = 0.5
RIDGE = 1e-3
HIGHEST_SHARE = 0.01
SCHEDULE = Schedule(steps=300, batch=8, learning_rate=2e-3)


class Transformer:
    """Learn what each place looks like, given all but its neighbourhood; a patch is as odd as it was unexpected."""

    name: ClassVar[str] = "transformer"
    fewest_images: ClassVar[int] = 8
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
        """Learn to rebuild the good images' patches, stopping early by the held-out ones; raise MethodError."""
        require_enough(self.name, self.fewest_images, good, held_out)
        grid = require_square_grids([*good, *held_out])
        scale = Scale.measure(torch.from_numpy(image.grid.rows) for image in good)
        network = build_seeded(lambda: _network(grid.rows.shape[1], token_side(grid.height)), training.seed)

        def loss_of(batch: Tensor, generator: torch.Generator) -> Tensor:
            tokens = _tokens(scale, [good[index] for index in batch.tolist()])
            return rebuilding_loss(network(tokens, _noise(tokens, generator)), tokens, len(scale.mean))

        train_network(
            network,
            examples=len(good),
            loss_of=loss_of,
            held_out_loss=lambda: _loss_on(network, scale, held_out),
            schedule=self._schedule,
            training=training,
        )
        return _fitted(network, scale, [*good, *held_out])

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described."""
        mean, spread, centre, whitening = (
            torch.from_numpy(arrays[name].astype(np.float32)) for name in ("mean", "spread", "centre", "whitening")
        )
        if whitening.shape != (len(centre), len(centre)) or mean.shape != spread.shape:
            message = "a mean and spread, a centre and a whitening must fit together"
            raise ValueError(message)
        side = round(len(arrays["network.key_positions"]) ** 0.5)
        network = _network(len(mean), side)
        fill_network(network, arrays)
        return FittedTransformer(network, Scale(mean, spread), centre, whitening)


class FittedTransformer:
    """A trained transformer, the scale of its features, and how its rebuilding differs from normal patches."""

    def __init__(self, network: BlindTransformer, scale: Scale, centre: Tensor, whitening: Tensor) -> None:
        self._network = network
        self._scale = scale
        self._centre = centre
        self._whitening = whitening

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return each patch's whitened distance from what was expected there, and the mean of the highest 1 %."""
        grid = image.grid
        if grid.rows.shape != (grid.height**2, len(self._centre)) or token_side(grid.height) != self._network.side:
            message = f"the image has {grid.height} x {grid.width} patches of {grid.rows.shape[1]}, unlike the training"
            raise ValueError(message)
        with torch.inference_mode():
            whitened = (_differences(self._network, self._scale, image) - self._centre) @ self._whitening.T
            distances: Floats = whitened.square().mean(dim=-1).sqrt().reshape(grid.height, grid.width).numpy()
        return MethodScore(top_mean(distances, max(1, round(distances.size * HIGHEST_SHARE))), distances)

    def arrays(self) -> Arrays:
        """Return the network's weights, the scale (D,), and the centre (D,) and whitening (D, D) of differences."""
        statistics = {
            "mean": self._scale.mean,
            "spread": self._scale.spread,
            "centre": self._centre,
            "whitening": self._whitening,
        }
        return network_arrays(self._network) | {name: tensor.numpy() for name, tensor in statistics.items()}


def rebuilding_loss(rebuilt: Tensor, tokens: Tensor, dimensions: int) -> Tensor:
    """Return the mean over patches of 1 - cos(f, f') + ||f - f'||^2 / 2 D; tokens hold patches of D dimensions."""
    shape = (*tokens.shape[:2], BLOCK * BLOCK, dimensions)
    again, patches = rebuilt.reshape(shape), tokens.reshape(shape)
    angle = 1 - functional.cosine_similarity(again, patches, dim=-1)
    return torch.mean(angle + SQUARED_WEIGHT * (again - patches).square().mean(dim=-1))


def _network(dimensions: int, side: int) -> BlindTransformer:
    return BlindTransformer(dimensions=BLOCK * BLOCK * dimensions, side=side, width=WIDTH, depth=DEPTH, blind=BLIND)


def _noise(tokens: Tensor, generator: torch.Generator) -> Tensor:
    """Return (N, P, width): 0 where a number is dropped, else what makes up for those that are."""
    kept = torch.rand((*tokens.shape[:2], WIDTH), generator=generator) >= DROPPED
    return kept / (1 - DROPPED)


def _tokens(scale: Scale, images: Sequence[EmbeddedImage]) -> Tensor:
    return join_blocks(scale.standardise(patches_of(images)))


def _loss_on(network: BlindTransformer, scale: Scale, images: Sequence[EmbeddedImage]) -> float:
    losses = []
    for image in images:
        tokens = _tokens(scale, [image])
        losses.append(float(rebuilding_loss(network(tokens), tokens, len(scale.mean))))
    return sum(losses) / len(losses)


def _differences(network: BlindTransformer, scale: Scale, image: EmbeddedImage) -> Tensor:
    """Return what the network rebuilt less what is there, standardised, patch by patch (h * w, D)."""
    tokens = _tokens(scale, [image])
    return split_blocks(network(tokens) - tokens, image.grid.height).flatten(0, 2)


def _fitted(network: BlindTransformer, scale: Scale, images: Sequence[EmbeddedImage]) -> FittedMethod:
    """Measure how rebuilding differs from the normal patches."""
    with torch.no_grad():
        centre, whitening = whitening_of((_differences(network, scale, image) for image in images), RIDGE)
    return FittedTransformer(network, scale, centre, whitening)
