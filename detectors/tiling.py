"""Look at a large image tile by tile, so that small things keep their size, and join the tiles without seams."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from detectors.methods.port import Floats, PatchGrid

Pixels = NDArray[np.uint8]

# Of a tile's side: what neighbours share, so that no patch lies only at an edge, where the network sees its padding.
OVERLAP = 0.25


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of an image, in pixels [top, bottom) and [left, right), and where its first patch lies in the grid."""

    top: int
    bottom: int
    left: int
    right: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Layout:
    """How an image (height, width) is cut into tiles of about `side` px with `patches` patches a side each.

    Sides are stretched a little so that the whole grid covers the image exactly; an image smaller than a tile is one.
    """

    height: int
    width: int
    side: int
    patches: int

    @property
    def rows(self) -> int:
        """Patches down the whole grid."""
        return max(self.patches, round(self.height * self.patches / self.side))

    @property
    def columns(self) -> int:
        """Patches across the whole grid."""
        return max(self.patches, round(self.width * self.patches / self.side))

    def tiles(self) -> Iterator[Tile]:
        """Yield every tile, row by row."""
        down, across = self.height / self.rows, self.width / self.columns
        for row in starts(self.rows, self.patches):
            for column in starts(self.columns, self.patches):
                top, bottom = round(row * down), round((row + self.patches) * down)
                left, right = round(column * across), round((column + self.patches) * across)
                yield Tile(top, bottom, left, right, row, column)


def cut_into(tiles: int, height: int, width: int, patches: int) -> Layout:
    """Return the layout that cuts an image's longer side into so many tiles, before they overlap."""
    return Layout(height, width, ceil(max(height, width) / tiles), patches)


def embed_tiles(pixels: Pixels, layout: Layout, embed: Callable[[Pixels], PatchGrid]) -> PatchGrid:
    """Embed an image (H, W, 3) tile by tile into one grid; one tile at a time is copied and is in the network.

    Where tiles overlap, patches are averaged, each weighted by how far it lies from its tile's edge. Raise ValueError
    where a tile has other patches than the layout says.
    """
    weight = edge_weights(layout.patches)
    total: Floats | None = None
    weights = np.zeros((layout.rows, layout.columns, 1), dtype=np.float32)
    for tile in layout.tiles():
        grid = embed(np.ascontiguousarray(pixels[tile.top : tile.bottom, tile.left : tile.right]))
        if (grid.height, grid.width) != (layout.patches, layout.patches):
            message = f"a tile has {grid.height} x {grid.width} patches, not {layout.patches} a side"
            raise ValueError(message)
        if total is None:
            total = np.zeros((layout.rows, layout.columns, grid.rows.shape[1]), dtype=np.float32)
        place = np.s_[tile.row : tile.row + layout.patches, tile.column : tile.column + layout.patches]
        total[place] += grid.rows.reshape(layout.patches, layout.patches, -1) * weight
        weights[place] += weight
    assert total is not None  # noqa: S101 - a layout has a tile at least
    total /= weights
    return PatchGrid(total.reshape(layout.rows * layout.columns, -1), layout.rows, layout.columns)


def starts(length: int, tile: int) -> list[int]:
    """Return where tiles begin along `length` patches: the first at 0, the last ends at the end, evenly between."""
    count = 1 + ceil((length - tile) / max(1, round(tile * (1 - OVERLAP))))
    return sorted({round(number * (length - tile) / max(1, count - 1)) for number in range(count)})


def edge_weights(patches: int) -> Floats:
    """Return the weight (patches, patches, 1) of a tile's patches: rising from its edges to 1 over the overlap."""
    ramp = np.arange(1, patches + 1, dtype=np.float32)
    along = np.minimum(np.minimum(ramp, ramp[::-1]) / max(1, round(patches * OVERLAP)), 1)
    weights: Floats = np.minimum.outer(along, along)[:, :, None]
    return weights
