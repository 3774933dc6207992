"""What a set of training images is kept as: each one's patches, within a bounded memory."""

from collections.abc import Callable

import torch

from detectors.methods.coreset import pick_rows
from detectors.methods.port import Floats, Origin, PatchGrid

MEMORY_BYTES = 300_000_000
FLOAT_BYTES = 4


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
