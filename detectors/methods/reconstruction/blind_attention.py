"""Attention that rebuilds each place of an image from the others: no place ever sees itself or its neighbours."""

import torch
from torch import Tensor, nn
from torch.nn import functional

HEADS = 4
FIRST_SPREAD = 0.02


class BlindTransformer(nn.Module):
    """Rebuild tokens (N, side * side, D) from those farther away than `blind` places (UniAD's neighbour masking).

    A query starts from its position alone and learns of the image by cross-attention only; keys and values are made
    token by token and never mixed. So there is no path, however deep the network, from a token to its own rebuilding.
    """

    def __init__(self, *, dimensions: int, side: int, width: int, depth: int, blind: int) -> None:
        super().__init__()
        self.side = side
        self.embed = nn.Sequential(nn.Linear(dimensions, width), nn.LayerNorm(width))
        self.mix = _perceptron(width)
        self.key_positions = nn.Parameter(FIRST_SPREAD * torch.randn(side * side, width))
        self.query_positions = nn.Parameter(FIRST_SPREAD * torch.randn(side * side, width))
        self.blocks = nn.ModuleList(_Block(width) for _ in range(depth))
        self.rebuild = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, dimensions))
        self.register_buffer("visible", visible_places(side, blind), persistent=False)

    def forward(self, tokens: Tensor, noise: Tensor | None = None) -> Tensor:
        """Return the tokens as their surroundings let expect; noise (N, side * side, width) scales what they tell."""
        told = self.embed(tokens)
        if noise is not None:
            told = told * noise
        told = told + self.mix(told) + self.key_positions
        rebuilt = self.query_positions.expand_as(told)
        for block in self.blocks:
            rebuilt = block(rebuilt, told, self.visible)
        again: Tensor = self.rebuild(rebuilt)
        return again


class _Block(nn.Module):
    """Masked cross-attention, then a perceptron, each added to what was there."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before_attention = nn.LayerNorm(width)
        self.queries = nn.Linear(width, width)
        self.keys_and_values = nn.Linear(width, 2 * width)
        self.join = nn.Linear(width, width)
        self.before_perceptron = nn.LayerNorm(width)
        self.perceptron = _perceptron(width)

    def forward(self, rebuilt: Tensor, told: Tensor, visible: Tensor) -> Tensor:
        queries = _heads(self.queries(self.before_attention(rebuilt)))
        keys, values = (_heads(part) for part in self.keys_and_values(told).chunk(2, dim=-1))
        seen = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=visible)
        rebuilt = rebuilt + self.join(seen.transpose(1, 2).flatten(2))
        again: Tensor = rebuilt + self.perceptron(self.before_perceptron(rebuilt))
        return again


def visible_places(side: int, blind: int) -> Tensor:
    """Return which place (row) may look at which (column): (side * side, side * side), False within `blind` places."""
    places = torch.arange(side * side)
    rows, columns = places // side, places % side
    far_down = (rows[:, None] - rows).abs() > blind
    far_across = (columns[:, None] - columns).abs() > blind
    return far_down | far_across


def _heads(tokens: Tensor) -> Tensor:
    count, places, width = tokens.shape
    return tokens.reshape(count, places, HEADS, width // HEADS).transpose(1, 2)


def _perceptron(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
