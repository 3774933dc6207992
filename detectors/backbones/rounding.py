"""Weights in 8 bits that say the same: each is rounded so that it makes up for those rounded before it.

Frantar et al., GPTQ, ICLR 2023: with inputs x and H = E[x xᵀ], the error of a row w is (w - q) H (w - q)ᵀ, and what
rounding one weight leaves is spread over the others by the Cholesky factor of H's inverse (section 3.3).
"""

import numpy as np
from numpy.typing import NDArray

# A processor without VNNI adds two products of a byte and a weight in 16 bits: 2 x 255 x 63 still fits, with 127 not.
TOP = 63
DAMPING = 0.01
# More inputs than this are rounded to the nearest: the inverse would take minutes, and their errors even out.
MOST_INPUTS = 2048

Doubles = NDArray[np.float64]


def round_weights(weights: Doubles, moments: Doubles) -> tuple[Doubles, Doubles]:
    """Return the weights in whole steps, from -TOP to TOP, and the step of each row.

    weights: (G, O, K), of G groups with O outputs of K inputs; moments: (G, K, K), H up to a factor; steps: (G, O, 1).
    """
    largest = np.abs(weights).max(axis=2, keepdims=True)
    steps = np.where(largest > 0, largest, 1) / TOP
    if weights.shape[2] > MOST_INPUTS:
        return np.round(weights / steps), steps
    factor = _factor(moments)
    left = weights.copy()
    whole = np.zeros_like(weights)
    for k in range(weights.shape[2]):
        whole[..., k] = np.clip(np.round(left[..., k] / steps[..., 0]), -TOP, TOP)
        error = (left[..., k] - whole[..., k] * steps[..., 0]) / factor[:, k, k, None]
        left[..., k:] -= error[..., None] * factor[:, None, k, k:]
    return whole, steps


def _factor(moments: Doubles) -> Doubles:
    """Return U (G, K, K), upper triangular, with Uᵀ U the inverse of the damped moments."""
    size = moments.shape[1]
    mean = np.einsum("gkk->g", moments) / size
    damped = moments + (DAMPING * mean + 1e-8)[:, None, None] * np.eye(size)
    factor: Doubles = np.linalg.cholesky(np.linalg.inv(damped)).transpose(0, 2, 1)
    return factor
