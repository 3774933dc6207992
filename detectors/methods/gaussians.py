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
            factor = torch.linalg.cholesky(covariance)
            means[piece] = mean.numpy()
            whitenings[piece] = torch.linalg.solve_triangular(factor, identity, upper=False).numpy()
    return means, whitenings
