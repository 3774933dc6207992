"""From upright pixels to patch embeddings, and what a set of training images is kept as."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from detectors.backbones import Backbone
from detectors.methods.coreset import pick_rows
from detectors.methods.patches import FINEST_STRIDE, generate_embedding
from detectors.methods.port import EmbeddedImage, Floats, Origin, PatchGrid
from detectors.tiling import cut_into, embed_tiles

MEMORY_BYTES = 300_000_000
FLOAT_BYTES = 4


def embed(backbone: Backbone, pixels: NDArray[np.uint8]) -> EmbeddedImage:
    """Resize upright pixels (H, W, 3), or each of their tiles, and return their patch embeddings."""
    square = backbone.prepare(pixels)
    if backbone.tiles == 1:
        return EmbeddedImage(square, _embed_square(backbone, square))
    side = min(backbone.patches, _most_patches(backbone))
    layout = cut_into(backbone.tiles, pixels.shape[0], pixels.shape[1], side)

    def embed_tile(tile: NDArray[np.uint8]) -> PatchGrid:
        return _embed_square(backbone, backbone.prepare(tile))

    return EmbeddedImage(square, embed_tiles(pixels, layout, embed_tile))


def _embed_square(backbone: Backbone, square: NDArray[np.uint8]) -> PatchGrid:
    return generate_embedding(backbone.extract(square), _most_patches(backbone))


def _most_patches(backbone: Backbone) -> int:
    return max(1, backbone.image_size // FINEST_STRIDE)


def shrink(pixels: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Return pixels (H, W, 3) with no side longer than `longest`."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return pixels
    planes = torch.from_numpy(np.require(pixels, np.uint8, ["C", "W"])).permute(2, 0, 1)[None]
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    small = functional.interpolate(planes, size=size, mode="bilinear", antialias=True, align_corners=False)
    return np.ascontiguousarray(small[0].permute(1, 2, 0).numpy())


class TrainingPatches:
    """Each training image's patches, within a bounded memory.

    Where all of them would take more than `memory_bytes`, every image is thinned to its share by greedy choice, and
    `grid` embeds an image again when its full patches are asked for.
    """

    def __init__(self, images: int, *, seed: int, memory_bytes: int = MEMORY_BYTES) -> None:
        self.rows: list[Floats] = []
        self.origins: list[Origin] = []
        self._shapes: list[tuple[int, int]] = []
        self._share = memory_bytes // max(1, images)
        self._generator = torch.Generator().manual_seed(seed)

    def add(self, grid: PatchGrid) -> None:
        """Take in the next image."""
        most = max(1, self._share // (grid.rows.shape[1] * FLOAT_BYTES))
        kept = pick_rows(grid.rows, most, self._generator)
        self.rows.append(grid.rows if len(kept) == len(grid.rows) else grid.rows[kept])
        self.origins.append(Origin(len(self.origins), kept))
        self._shapes.append((grid.height, grid.width))

    def is_whole(self, index: int) -> bool:
        """Tell whether all patches of an image are kept."""
        height, width = self._shapes[index]
        return len(self.rows[index]) == height * width

    def grid(self, index: int, embed_again: Callable[[], PatchGrid]) -> PatchGrid:
        """Return all patches of one image."""
        height, width = self._shapes[index]
        return PatchGrid(self.rows[index], height, width) if self.is_whole(index) else embed_again()
