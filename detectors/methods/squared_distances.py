"""Squared distances of many rows to their nearest centre, lowered as centres are added."""

from functools import cache
from time import perf_counter

import torch
from torch import Tensor

# Rows at once, so that their distances to some centres stay in the processor's cache.
PIECE = 4096
TOP = 127
TRIED_CENTRES, TRIED_WIDTH, TRIES = 32, 64, 5


class NearestDistances:
    """Rows (N, d), int8 or float, and for each the squared distance to its nearest centre so far, (N,).

    Distances of int8 rows are whole numbers, and exact up to a width of 260: by products of bytes where this processor
    has them, else by floats, which hold every such number.
    """

    def __init__(self, rows: Tensor) -> None:
        self.rows = rows
        self._is_whole = rows.dtype == torch.int8
        self._type = torch.float32 if self._is_whole else rows.dtype
        self._in_bytes = self._is_whole and has_exact_byte_products()
        self._norms = torch.cat(
            [rows[start : start + PIECE].to(self._type).square().sum(dim=1) for start in range(0, len(rows), PIECE)]
        )
        self.nearest = torch.full((len(rows),), torch.inf, dtype=self._type)
        if self._in_bytes:
            self._norms = self._norms.to(torch.int32)
            self.nearest = torch.full((len(rows),), torch.iinfo(torch.int32).max, dtype=torch.int32)

    def add(self, centres: Tensor) -> None:
        """Take some rows, by their indices, as centres."""
        norms = self._norms[centres]
        factors = self.rows[centres].contiguous().T if self._in_bytes else self._factors(centres)
        for start in range(0, len(self.rows), PIECE):
            piece = slice(start, start + PIECE)
            to_centres = self._distances(self.rows[piece], norms, factors).amin(dim=1).add_(self._norms[piece])
            lowered = self.nearest[piece]
            torch.minimum(lowered, to_centres.clamp_(min=0), out=lowered)

    def _factors(self, centres: Tensor) -> Tensor:
        return self.rows[centres].to(self._type).T.mul(-2).contiguous()

    def _distances(self, piece: Tensor, norms: Tensor, factors: Tensor) -> Tensor:
        """Return squared distances less each row's own norm."""
        if self._in_bytes:
            return torch.sub(norms, torch._int_mm(piece, factors), alpha=2)  # noqa: SLF001 - torch's product of bytes
        return torch.addmm(norms, piece.to(self._type), factors)


@cache
def has_exact_byte_products() -> bool:
    """Find out, once a process, whether products of bytes are right here, and faster than those of floats.

    Processors before VNNI add pairs of products in 16 bits, which large ones overflow.
    """
    extremes = torch.tensor([-TOP, TOP], dtype=torch.int8)
    rows = extremes[torch.arange(PIECE * TRIED_WIDTH).remainder(7).remainder(2)].reshape(PIECE, TRIED_WIDTH)
    centres = rows[:TRIED_CENTRES].contiguous()
    expected = rows.float() @ centres.T.float()
    try:
        is_exact = torch.equal(torch._int_mm(rows, centres.T).float(), expected)  # noqa: SLF001 - as above
    except RuntimeError:
        return False
    return is_exact and _seconds(rows, centres, in_bytes=True) < _seconds(rows, centres, in_bytes=False)


def _seconds(rows: Tensor, centres: Tensor, *, in_bytes: bool) -> float:
    spent = []
    for _ in range(TRIES):
        started = perf_counter()
        if in_bytes:
            torch._int_mm(rows, centres.T)  # noqa: SLF001 - as above
        else:
            torch.mm(rows.float(), centres.T.float())
        spent.append(perf_counter() - started)
    return min(spent)
