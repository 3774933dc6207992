"""Which patches a memory bank keeps: a greedy choice among those of all images, in one projection."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detectors.methods.coreset import extend_choice, in_whole_numbers, random_projection, subsample_embedding
from detectors.methods.port import FitChoices, Floats


@dataclass(frozen=True, slots=True)
class ProjectedPatches:
    """All patches projected, in whole numbers, and laid end to end: (N, d) int8; image i's begin at starts[i]."""

    projected: Tensor
    starts: NDArray[np.intp]


def bank_rows(patches: int, choices: FitChoices) -> int:
    """Return how many of all patches a bank keeps: a share, but neither too few to describe nor too many to search."""
    wanted = max(choices.bank_floor, round(patches * choices.bank_share))
    return min(wanted, choices.bank_cap, patches)


def project(images: Sequence[Floats], seed: int) -> ProjectedPatches:
    """Project each image's patch rows (n, D); raise ValueError where there is no image."""
    if not images:
        message = "there is no image to learn from"
        raise ValueError(message)
    projection = random_projection(images[0].shape[1], torch.Generator().manual_seed(seed))
    starts = np.cumsum([0] + [len(rows) for rows in images])
    # Into one place that is there already: joined afterwards, all of them would be in memory twice.
    projected = torch.empty(int(starts[-1]), projection.shape[1])
    for start, rows in zip(starts, images, strict=False):
        torch.mm(torch.from_numpy(rows), projection, out=projected[start : start + len(rows)])
    projected -= projected.mean(dim=0)
    return ProjectedPatches(in_whole_numbers(projected), starts)


def choose_bank(
    patches: ProjectedPatches, used: NDArray[np.bool_] | None, choices: FitChoices
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the image, and the place in it, of each patch chosen from the images that are `used`, or from all."""
    lengths = np.diff(patches.starts)
    positions = np.arange(patches.starts[-1]) if used is None else np.flatnonzero(np.repeat(used, lengths))
    candidates = patches.projected if used is None else patches.projected[torch.from_numpy(positions)]
    first = int(torch.randint(len(candidates), (1,), generator=torch.Generator().manual_seed(choices.seed)))
    picks = positions[subsample_embedding(candidates, bank_rows(len(candidates), choices), first=first)]
    origins = np.searchsorted(patches.starts, picks, side="right") - 1
    return origins, picks - patches.starts[origins]


def choose_more(
    bank: Floats, images: Sequence[Floats], count: int, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the image, and the place in it, of each of `count` patches to be added to a bank (M, D)."""
    patches = project([bank, *images], seed)
    picks = extend_choice(patches.projected, len(bank), count)
    origins = np.searchsorted(patches.starts, picks, side="right") - 1
    return origins - 1, picks - patches.starts[origins]
