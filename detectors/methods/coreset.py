"""Choose a few rows that cover all: greedy k-centre, batched, with the very picks of the plain algorithm."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detectors.methods.port import Floats
from detectors.methods.squared_distances import TOP, NearestDistances

PROJECTED_DIMENSIONS = 64
CANDIDATES = 256
TAKEN = -1
BEYOND = 1e-4
SAMPLED = 200_000


def random_projection(dimensions: int, generator: torch.Generator, *, to: int = PROJECTED_DIMENSIONS) -> Tensor:
    """Return a Gaussian projection psi (D, to) that keeps distances in expectation, or the identity where D <= to."""
    if dimensions <= to:
        return torch.eye(dimensions)
    return torch.randn(dimensions, to, generator=generator).div(to**0.5)


def in_whole_numbers(rows: Tensor) -> Tensor:
    """Return rows (N, d) float, centred, as int8 of one scale, at which few numbers lie beyond the top and are cut.

    Distances between them are exact, and so the choice from the same rows is the same on every processor.
    """
    step = max(1, rows.numel() // SAMPLED)
    sampled = rows.flatten()[::step].abs().float()
    scale = TOP / max(float(sampled.quantile(1 - BEYOND)), torch.finfo(torch.float32).tiny)
    return rows.mul(scale).round_().clamp_(-TOP, TOP).to(torch.int8)


def subsample_embedding(rows: Tensor, count: int, *, first: int, candidates: int = CANDIDATES) -> NDArray[np.intp]:
    """Return `count` row indices in greedy order, i = argmax_m min_{n in C} ||m - n|| (eq. 5), starting with `first`.

    rows: (N, d), int8 or float; of rows equally far, the first is taken. Minimum distances only ever fall, so among the
    `candidates` rows that are farthest now, the one that stays above every other row's distance is the global argmax:
    such picks are made inside the candidates' own distances, and then a single product updates all N rows at once.
    Distances are taken by the expanded square: exact in int8; rows of floats should lie around the origin, or near
    copies may change places.
    """
    if not 0 < count <= len(rows):
        message = f"cannot choose {count} of {len(rows)} rows"
        raise ValueError(message)
    with torch.inference_mode():
        return _greedy(rows, count, first, candidates)


def extend_choice(rows: Tensor, chosen: int, count: int) -> NDArray[np.intp]:
    """Return `count` more row indices in greedy order, where the first `chosen` rows (N, d) are chosen already."""
    if not chosen > 0 or chosen + count > len(rows):
        message = f"cannot add {count} to {chosen} of {len(rows)} rows"
        raise ValueError(message)
    with torch.inference_mode():
        distances = NearestDistances(rows)
        distances.add(torch.arange(chosen))
        distances.nearest[:chosen] = TAKEN
        return np.asarray(_pick_farthest(distances, count, CANDIDATES), dtype=np.intp)


def _greedy(rows: Tensor, count: int, first: int, candidates: int) -> NDArray[np.intp]:
    distances = NearestDistances(rows)
    if count > 1:
        distances.add(torch.tensor([first]))
    distances.nearest[first] = TAKEN
    return np.array([first, *_pick_farthest(distances, count - 1, candidates)], dtype=np.intp)


def _pick_farthest(distances: NearestDistances, count: int, candidates: int) -> list[int]:
    """Pick `count` more rows; those that are centres already are marked TAKEN, below every distance.

    A centre is never chosen again so, not even among its own copies.
    """
    nearest, chosen = distances.nearest, list[int]()
    while len(chosen) < count:
        values, indices = nearest.topk(min(candidates + 1, len(nearest)))
        # The row just outside the candidates is the bar; with no row outside, nothing is in the way.
        bar = float(values[-1]) if len(values) > candidates else -torch.inf
        inside = indices[:candidates].sort().values
        picks = _pick_above(_as_floats(distances.rows[inside]), nearest[inside], bar, count - len(chosen))
        # More rows lie equally far than there are candidates: the first of them all.
        centres = inside[picks] if picks else (nearest == values[0]).nonzero()[:1, 0]
        chosen += centres.tolist()
        if len(chosen) < count:
            distances.add(centres)
            nearest[centres] = TAKEN
    return chosen


def _as_floats(rows: Tensor) -> Tensor:
    return rows if rows.is_floating_point() else rows.float()


def _pick_above(rows: Tensor, nearest: Tensor, bar: float, most: int) -> list[int]:
    """Pick greedily among these rows while the farthest of them is farther than the bar."""
    norms = rows.square().sum(dim=1)
    mutual = torch.addmm(norms[:, None] + norms, rows, rows.T, alpha=-2).clamp_(min=0).numpy()
    current = nearest.to(rows.dtype).numpy().copy()
    picks: list[int] = []
    while len(picks) < most:
        pick = int(current.argmax())
        if current[pick] <= max(bar, TAKEN):
            break
        picks.append(pick)
        np.minimum(current, mutual[pick], out=current)
        current[pick] = TAKEN
    return picks


def pick_rows(rows: Floats, count: int, generator: torch.Generator) -> NDArray[np.intp]:
    """Return which `count` of one image's rows to keep, by the same greedy choice, in their order; all if no more."""
    if len(rows) <= count:
        return np.arange(len(rows))
    centred = torch.from_numpy(rows - rows.mean(axis=0))
    projected = in_whole_numbers(centred @ random_projection(rows.shape[1], generator))
    picks = subsample_embedding(projected, count, first=int(torch.randint(len(rows), (1,), generator=generator)))
    return np.sort(picks)
