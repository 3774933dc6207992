"""From upright pixels to patch embeddings."""

import numpy as np
from numpy.typing import NDArray

from detectors.backbones import Backbone
from detectors.methods.port import EmbeddedImage, PatchGrid
from detectors.tiling import cut_into, embed_tiles


def embed(backbone: Backbone, pixels: NDArray[np.uint8]) -> EmbeddedImage:
    """Resize upright pixels (H, W, 3), or each of their tiles, and return their patch embeddings."""
    square = backbone.prepare(pixels)
    if backbone.tiles == 1:
        return EmbeddedImage(square, backbone.embed_square(square))
    layout = cut_into(backbone.tiles, pixels.shape[0], pixels.shape[1], backbone.patches)

    def embed_tile(tile: NDArray[np.uint8]) -> PatchGrid:
        return backbone.embed_square(backbone.prepare(tile))

    return EmbeddedImage(square, embed_tiles(pixels, layout, embed_tile))
