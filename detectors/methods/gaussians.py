"""One Gaussian for each position, over images: means, covariances, and what whitens by them."""

import numpy as np
import torch
from torch import Tensor

from detectors.methods.port import Floats

REGULARISATION = 0.01
PIECE = 128


def estimate_gaussians(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return means (P, D) and covariances (P, D, D) + .01 I of rows (N, P, D) over images (eq. 1)."""
    means = rows.mean(dim=0)
    centred = (rows - means).transpose(0, 1)
    covariances = centred.transpose(1, 2) @ centred / max(1, len(rows) - 1)
    return means, covariances + REGULARISATION * torch.eye(rows.shape[2])


def whitened_gaussians(rows: Floats) -> tuple[Floats, Floats]:
    """Return means (P, d), and the inverses (P, d, d) of the covariances' Cholesky factors, of rows (N, P, d)."""
    positions, width = rows.shape[1:]
    means = np.empty((positions, width), dtype=np.float32)
    whitenings = np.empty((positions, width, width), dtype=np.float32)
    identity = torch.eye(width)
    with torch.inference_mode():
        for start in range(0, positions, PIECE):
            piece = slice(start, start + PIECE)
            mean, covariance = estimate_gaussians(torch.from_numpy(rows[:, piece]))
            means[piece] = mean.numpy()
            whitenings[piece] = _whitening_of(covariance, identity).numpy()
    return means, whitenings


def grown_gaussians(means: Floats, whitenings: Floats, known: int, rows: Floats) -> tuple[Floats, Floats]:
    """Return what `whitened_gaussians` would of rows (N, P, d) and the `known` images before them.

    Means and scatter of two samples are put together as by Chan, Golub and LeVeque (1979, eq. 2.1).
    """
    grown_means, grown_whitenings = np.empty_like(means), np.empty_like(whitenings)
    with torch.inference_mode():
        for start in range(0, len(means), PIECE):
            piece = slice(start, start + PIECE)
            before = torch.from_numpy(means[piece]), torch.from_numpy(whitenings[piece])
            mean, whitening = _together(*before, known, torch.from_numpy(rows[:, piece]))
            grown_means[piece], grown_whitenings[piece] = mean.numpy(), whitening.numpy()
    return grown_means, grown_whitenings


def _together(mean: Tensor, whitening: Tensor, known: int, rows: Tensor) -> tuple[Tensor, Tensor]:
    identity, new = torch.eye(mean.shape[1]), len(rows)
    factor = torch.linalg.solve_triangular(whitening, identity, upper=False)
    before = (factor @ factor.transpose(1, 2) - REGULARISATION * identity) * max(1, known - 1)
    own = rows.mean(dim=0)
    centred, apart = (rows - own).transpose(0, 1), own - mean
    between = apart[:, :, None] * apart[:, None, :] * (known * new / (known + new))
    scatter = before + centred.transpose(1, 2) @ centred + between
    covariance = scatter / max(1, known + new - 1) + REGULARISATION * identity
    return mean + apart * (new / (known + new)), _whitening_of(covariance, identity)


def _whitening_of(covariance: Tensor, identity: Tensor) -> Tensor:
    whitening: Tensor = torch.linalg.solve_triangular(torch.linalg.cholesky(covariance), identity, upper=False)
    return whitening
