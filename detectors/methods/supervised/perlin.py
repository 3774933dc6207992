"""Perlin noise, and the blobs it makes when cut at a height: where an invented defect lies."""

import torch
from torch import Tensor

DENSEST_CUT = 0.2
SPARSEST_CUT = 0.6


def perlin_noise(height: int, width: int, cells: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Return gradient noise (height, width), about -1 to 1, over a lattice of `cells` (rows, columns).

    Every lattice point has a random unit gradient; a point's noise is the product of gradient and offset at its cell's
    four corners, blended by 6 t^5 - 15 t^4 + 10 t^3 (Perlin, Improving Noise, 2002), times the square root of two.
    """
    rows, columns = cells
    angles = torch.rand(rows + 1, columns + 1, generator=generator) * (2 * torch.pi)
    row, down = _lattice_position(height, rows)
    column, right = _lattice_position(width, columns)
    blend_down, blend_right = _fade(down)[:, None], _fade(right)[None, :]

    def pull(below: int, beside: int) -> Tensor:
        angle = angles[row[:, None] + below, column[None, :] + beside]
        return angle.sin() * (down[:, None] - below) + angle.cos() * (right[None, :] - beside)

    upper = torch.lerp(pull(0, 0), pull(0, 1), blend_right)
    lower = torch.lerp(pull(1, 0), pull(1, 1), blend_right)
    return torch.lerp(upper, lower, blend_down) * 2**0.5


def perlin_masks(count: int, height: int, width: int, generator: torch.Generator) -> Tensor:
    """Return masks (count, height, width) float32 of 0 and 1: noise of a random scale, cut at a random height."""
    return torch.stack([_mask(height, width, generator) for _ in range(count)])


def _mask(height: int, width: int, generator: torch.Generator) -> Tensor:
    noise = perlin_noise(height, width, (_cells(height, generator), _cells(width, generator)), generator)
    cut = DENSEST_CUT + (SPARSEST_CUT - DENSEST_CUT) * float(torch.rand(1, generator=generator))
    return (noise > cut).float()


def _cells(length: int, generator: torch.Generator) -> int:
    """Return 1, 2, 4 ... cells along a side, at most one for every two points."""
    exponents = max(1, length.bit_length() - 1)
    return 1 << int(torch.randint(exponents, (1,), generator=generator))


def _lattice_position(length: int, cells: int) -> tuple[Tensor, Tensor]:
    """Return each point's cell and its offset within it, 0 to 1."""
    position = (torch.arange(length) + 0.5) * cells / length
    cell = position.long().clamp(max=cells - 1)
    return cell, position - cell


def _fade(offset: Tensor) -> Tensor:
    return offset**3 * (offset * (offset * 6 - 15) + 10)
