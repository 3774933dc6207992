"""Patches joined, two by two, to the tokens a transformer reads; and back."""

from torch import Tensor
from torch.nn import functional

BLOCK = 2


def token_side(height: int) -> int:
    """Return the side of the token grid that covers height x height patches."""
    return -(-height // BLOCK)


def join_blocks(patches: Tensor) -> Tensor:
    """Return patches (N, h, h, D) as tokens (N, ceil(h / 2)^2, 4 D); an odd side repeats its last patches."""
    odd = patches.shape[1] % BLOCK
    planes = functional.pad(patches.permute(0, 3, 1, 2), (0, odd, 0, odd), mode="replicate")
    count, dimensions, height, _ = planes.shape
    side = height // BLOCK
    blocks = planes.reshape(count, dimensions, side, BLOCK, side, BLOCK).permute(0, 2, 4, 3, 5, 1)
    return blocks.reshape(count, side * side, BLOCK * BLOCK * dimensions)


def split_blocks(tokens: Tensor, height: int) -> Tensor:
    """Return tokens (N, ceil(h / 2)^2, 4 D) as patches (N, h, h, D)."""
    count, places, _ = tokens.shape
    side = round(places**0.5)
    blocks = tokens.reshape(count, side, side, BLOCK, BLOCK, -1).permute(0, 1, 3, 2, 4, 5)
    patches: Tensor = blocks.reshape(count, side * BLOCK, side * BLOCK, -1)[:, :height, :height]
    return patches
