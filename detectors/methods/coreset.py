"""Choose a few rows that cover all: greedy k-centre, batched, with the very picks of the plain algorithm."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detectors.methods.port import Floats

PROJECTED_DIMENSIONS = 64
CANDIDATES = 256
PIECE = 8192
TAKEN = -1.0


def random_projection(dimensions: int, generator: torch.Generator, *, to: int = PROJECTED_DIMENSIONS) -> Tensor:
    """Return a Gaussian projection psi (D, to) that keeps distances in expectation, or the identity where D <= to."""
    if dimensions <= to:
        return torch.eye(dimensions)
    return torch.randn(dimensions, to, generator=generator).div(to**0.5)


def subsample_embedding(rows: Tensor, count: int, *, first: int, candidates: int = CANDIDATES) -> NDArray[np.intp]:
    """Return `count` row indices in greedy order, i = argmax_m min_{n in C} ||m - n|| (eq. 5), starting with `first`.

    rows: (N, d) float. Minimum distances only ever fall, so among the `candidates` rows that are farthest now, the one
    that stays above every other row's distance is the global argmax: such picks are made inside the candidates' own
    distances, and then a single product updates all N rows at once. Distances are taken by the expanded square: rows
    should lie around the origin, or near copies may change places.
    """
    if not 0 < count <= len(rows):
        message = f"cannot choose {count} of {len(rows)} rows"
        raise ValueError(message)
    with torch.inference_mode():
        return _greedy(rows, count, first, candidates)


def _greedy(rows: Tensor, count: int, first: int, candidates: int) -> NDArray[np.intp]:
    norms = rows.square().sum(dim=1)
    nearest = torch.full_like(norms, torch.inf)
    centres = torch.tensor([first])
    chosen = [first]
    while True:
        _update_nearest(nearest, rows, norms, centres)
        if len(chosen) == count:
            return np.asarray(chosen, dtype=np.intp)
        values, indices = nearest.topk(min(candidates + 1, len(rows)))
        # The row just outside the candidates is the bar; with no row outside, nothing is in the way.
        bar = float(values[-1]) if len(values) > candidates else -torch.inf
        inside = indices[:candidates]
        picks = _pick_above(rows[inside], norms[inside], values[:candidates], bar, count - len(chosen))
        centres = inside[picks]
        chosen += centres.tolist()


def _update_nearest(nearest: Tensor, rows: Tensor, norms: Tensor, centres: Tensor) -> None:
    """Lower each row's squared distance to its nearest centre, in pieces that stay in the processor's cache."""
    factors = rows[centres].T.mul(-2).contiguous()
    for start in range(0, len(rows), PIECE):
        piece = slice(start, start + PIECE)
        to_centres = torch.addmm(norms[centres], rows[piece], factors).amin(dim=1)
        to_centres.add_(norms[piece]).clamp_(min=0)
        torch.minimum(nearest[piece], to_centres, out=nearest[piece])
    # Below every distance: a centre is never chosen again, not even among its own copies.
    nearest[centres] = TAKEN


def _pick_above(rows: Tensor, norms: Tensor, nearest: Tensor, bar: float, most: int) -> list[int]:
    """Pick greedily among these rows while the farthest of them is no nearer than the bar."""
    mutual = torch.addmm(norms[:, None] + norms, rows, rows.T, alpha=-2).clamp_(min=0).numpy()
    current = nearest.numpy().copy()
    picks: list[int] = []
    while len(picks) < most:
        pick = int(current.argmax())
        if current[pick] < max(bar, 0):
            break
        picks.append(pick)
        np.minimum(current, mutual[pick], out=current)
        current[pick] = TAKEN
    return picks


def pick_rows(rows: Floats, count: int, generator: torch.Generator) -> NDArray[np.intp]:
    """Return which `count` of one image's rows to keep, by the same greedy choice, in their order; all if no more."""
    if len(rows) <= count:
        return np.arange(len(rows))
    projected = torch.from_numpy(rows - rows.mean(axis=0)) @ random_projection(rows.shape[1], generator)
    picks = subsample_embedding(projected, count, first=int(torch.randint(len(rows), (1,), generator=generator)))
    return np.sort(picks)
