"""How patch features are distributed, gathered image by image: never more than one image's numbers at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

SMALLEST_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class Scale:
    """How patch features lie in training: mean and spread (D,), the same at every place."""

    mean: Tensor
    spread: Tensor

    @classmethod
    def measure(cls, pieces: Iterable[Tensor]) -> Self:
        """Measure rows (n, D), given in pieces."""
        mean, covariance = gather_moments(pieces)
        return cls(mean.float(), covariance.diagonal().clamp(min=SMALLEST_SPREAD**2).sqrt().float())

    def standardise(self, patches: Tensor) -> Tensor:
        """Return patches (..., D) with mean 0 and spread 1."""
        return (patches - self.mean) / self.spread


def gather_moments(pieces: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Return the mean (D,) and the covariance (D, D), float64, of at least one row (n, D), given in pieces."""
    count, total, products = 0, torch.zeros(()), torch.zeros(())
    for piece in pieces:
        rows = piece.double()
        count += len(rows)
        total = total + rows.sum(dim=0)
        products = products + rows.T @ rows
    mean = total / count
    return mean, (products - count * torch.outer(mean, mean)) / max(1, count - 1)


def whitening_of(pieces: Iterable[Tensor], ridge: float) -> tuple[Tensor, Tensor]:
    """Return mean (D,) and W (D, D) of rows (n, D) given in pieces: W (row - mean) has covariance 1, less the ridge."""
    mean, covariance = gather_moments(pieces)
    identity = torch.eye(len(mean), dtype=torch.float64)
    factor = torch.linalg.cholesky(covariance + ridge * identity)
    return mean.float(), torch.linalg.solve_triangular(factor, identity, upper=False).float()
