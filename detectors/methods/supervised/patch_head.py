"""A small network that tells defective patches from normal ones by a patch and its surroundings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from detectors.methods.port import Arrays, Floats, MethodError, PatchGrid

SURROUNDINGS = 5
HIDDEN = 64
DROPPED = 0.2
STEPS = 300
BATCH = 512
LEARNING_RATE = 2e-3
DECAY = 1e-2
TENSORS = ("mean", "spread", "inner_weight", "inner_bias", "outer_weight", "outer_bias")


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """Patches with their surroundings (n, 2 D), whether each is defective (n,), and how often to draw it (n,)."""

    rows: Floats
    is_defect: NDArray[np.bool_]
    weights: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PatchHead:
    """Standardise by mean and spread (2 D,), then one hidden layer: the log odds that a patch is defective."""

    mean: Tensor
    spread: Tensor
    inner_weight: Tensor
    inner_bias: Tensor
    outer_weight: Tensor
    outer_bias: Tensor

    def log_odds(self, grid: PatchGrid) -> Floats:
        """Return the log odds of every patch (height, width)."""
        with torch.inference_mode():
            rows = (torch.from_numpy(with_surroundings(grid)) - self.mean) / self.spread
            hidden = functional.relu(functional.linear(rows, self.inner_weight, self.inner_bias))
            odds: Floats = functional.linear(hidden, self.outer_weight, self.outer_bias).numpy()
        return odds.reshape(grid.height, grid.width)

    def arrays(self) -> Arrays:
        """Return its tensors as arrays, each name after `head_`."""
        return {f"head_{name}": getattr(self, name).numpy() for name in TENSORS}

    @classmethod
    def restore(cls, arrays: Arrays) -> Self:
        """Return what `arrays()` described."""
        return cls(*(torch.from_numpy(arrays[f"head_{name}"].astype(np.float32)) for name in TENSORS))


def average_heads(heads: Sequence[PatchHead]) -> PatchHead:
    """Return one head whose log odds are the mean of theirs; all must standardise alike."""
    first, share = heads[0], 1 / len(heads)
    return PatchHead(
        first.mean,
        first.spread,
        torch.cat([head.inner_weight for head in heads]),
        torch.cat([head.inner_bias for head in heads]),
        torch.cat([head.outer_weight for head in heads], dim=1) * share,
        torch.stack([head.outer_bias for head in heads]).mean(dim=0),
    )


def with_surroundings(grid: PatchGrid) -> Floats:
    """Return each patch beside the mean of the 5 x 5 patches around it, (height * width, 2 D)."""
    planes = torch.from_numpy(grid.rows).T.reshape(1, -1, grid.height, grid.width)
    around = functional.avg_pool2d(planes, SURROUNDINGS, 1, SURROUNDINGS // 2, count_include_pad=False)
    return np.concatenate([grid.rows, around[0].flatten(1).T.numpy()], axis=1)


def train_head(examples: LabelledRows, mean: Floats, spread: Floats, *, seed: int, steps: int = STEPS) -> PatchHead:
    """Learn by cross-entropy over batches drawn by weight; raise MethodError where the loss is not a number."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Linear(examples.rows.shape[1], HIDDEN), nn.ReLU(), nn.Dropout(DROPPED), nn.Linear(HIDDEN, 1)
        )
        _descend(network, examples, (torch.from_numpy(mean), torch.from_numpy(spread)), steps)
    tensors = [parameter.detach() for parameter in network.parameters()]
    return PatchHead(torch.from_numpy(mean), torch.from_numpy(spread), *tensors)


def _descend(network: nn.Sequential, examples: LabelledRows, scale: tuple[Tensor, Tensor], steps: int) -> None:
    rows = (torch.from_numpy(examples.rows) - scale[0]) / scale[1]
    labels = torch.from_numpy(examples.is_defect).float()
    draws = torch.multinomial(torch.from_numpy(examples.weights), steps * BATCH, replacement=True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=DECAY)
    for step, batch in enumerate(torch.split(draws, BATCH)):
        loss = functional.binary_cross_entropy_with_logits(network(rows[batch])[:, 0], labels[batch])
        if not torch.isfinite(loss):
            message = f"The training of the patch head stopped at step {step}: its loss is not a number."
            raise MethodError(message)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
