from itertools import pairwise

import numpy as np
import pytest

from detectors.methods.port import PatchGrid
from detectors.tiling import Layout, cut_into, edge_weights, embed_tiles, starts

PATCHES = 8


def embed_means(tile: np.ndarray) -> PatchGrid:
    """Embed each of 8 x 8 cells as its mean colour."""
    rows, columns = (np.array_split(np.arange(length), PATCHES) for length in tile.shape[:2])
    means = [tile[np.ix_(down, across)].mean(axis=(0, 1)) for down in rows for across in columns]
    return PatchGrid(np.array(means, dtype=np.float32), PATCHES, PATCHES)


def test_a_tile_begins_at_the_start_and_one_ends_at_the_end_and_neighbours_overlap() -> None:
    found = starts(50, 16)

    assert (found[0], found[-1] + 16) == (0, 50)
    assert all(later - earlier <= 12 for earlier, later in pairwise(found))


def test_an_image_no_larger_than_a_tile_is_one_tile() -> None:
    [tile] = Layout(60, 40, 64, PATCHES).tiles()

    assert (tile.top, tile.bottom, tile.left, tile.right) == (0, 60, 0, 40)


@pytest.mark.parametrize(("height", "width"), [(1000, 700), (333, 1001), (640, 640)])
def test_tiles_cover_every_pixel(height: int, width: int) -> None:
    seen = np.zeros((height, width), dtype=bool)

    for tile in cut_into(4, height, width, PATCHES).tiles():
        seen[tile.top : tile.bottom, tile.left : tile.right] = True

    assert seen.all()


def test_joins_tiles_without_seams() -> None:
    ramp = np.linspace(0, 255, 256, dtype=np.float32)
    pixels = np.repeat(np.rint(ramp[:, None] * 0.5 + ramp[None, :] * 0.5)[..., None], 3, axis=2).astype(np.uint8)

    grid = embed_tiles(pixels, cut_into(4, 256, 256, PATCHES), embed_means)

    levels = grid.rows[:, 0].reshape(grid.height, grid.width)
    assert (grid.height, grid.width) == (32, 32)
    # A ramp rises by the same step from patch to patch, at the joints too.
    assert np.abs(np.diff(levels, axis=0) - 4).max() < 0.6
    assert np.abs(np.diff(levels, axis=1) - 4).max() < 0.6


def test_keeps_a_thing_that_the_whole_image_would_lose() -> None:
    pixels = np.zeros((512, 512, 3), dtype=np.uint8)
    pixels[296:304, 96:104] = 255

    tiled = embed_tiles(pixels, cut_into(8, 512, 512, PATCHES), embed_means)

    assert embed_means(pixels).rows.max() < 5
    assert tiled.rows.max() > 100
    assert int(tiled.rows[:, 0].argmax()) == 37 * 64 + 12


def test_weighs_the_middle_of_a_tile_most() -> None:
    weights = edge_weights(PATCHES)[:, :, 0]

    assert weights[0, 0] == weights.min() > 0
    assert weights[3, 4] == weights.max() == 1


def test_refuses_a_tile_of_other_patches() -> None:
    with pytest.raises(ValueError, match="not 4 a side"):
        embed_tiles(np.zeros((64, 64, 3), np.uint8), cut_into(2, 64, 64, 4), embed_means)
