"""What the predictor learns from: pictures of defects with their cells marked, and good pictures beside them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from detectors.methods.port import EmbeddedImage, LabelledDefect
from detectors.methods.reconstruction.examples import pictures_of
from detectors.methods.sampling.patch_autoencoder import CELL
from detectors.methods.sampling.predictor import Marks
from detectors.methods.supervised.patch_labels import patch_labels

SIDE = 128
CELLS = SIDE // CELL


class MarkedExamples:
    """Defects D with their marks, then good pictures G: pictures (D + G, 3, 128, 128)."""

    def __init__(self, defects: Sequence[LabelledDefect], good: Sequence[EmbeddedImage]) -> None:
        self.defects, self.good = len(defects), len(good)
        self.pictures = pictures_of([*(defect.image for defect in defects), *good], SIDE)
        self.marks = _marks(defects, len(good))

    @property
    def good_pictures(self) -> Tensor:
        """The good pictures (G, 3, 128, 128)."""
        return self.pictures[self.defects :]

    def draw(self, defects: int, good: int, generator: torch.Generator) -> tuple[Tensor, Marks, Tensor]:
        """Return some pictures (n, 3, 128, 128), their marks, and which of them are good, bool (n,)."""
        drawn = torch.randperm(self.defects, generator=generator)[:defects]
        beside = self.defects + torch.randperm(self.good, generator=generator)[:good]
        chosen = torch.cat([drawn, beside])
        marks = Marks(self.marks.is_defect[chosen], self.marks.is_normal[chosen])
        return self.pictures[chosen], marks, chosen >= self.defects


def has_marked_cells(defect: LabelledDefect) -> bool:
    """Tell whether a defect has a mask that is not lost at 64 x 64 cells."""
    return defect.mask is not None and bool(patch_labels(defect.mask, CELLS, CELLS)[0].any())


def _marks(defects: Sequence[LabelledDefect], good: int) -> Marks:
    is_defect = torch.zeros(len(defects) + good, CELLS, CELLS, dtype=torch.bool)
    is_normal = torch.ones_like(is_defect)
    for row, defect in enumerate(defects):
        if defect.mask is not None:
            positive, negative = patch_labels(defect.mask, CELLS, CELLS)
            is_defect[row] = torch.from_numpy(positive).reshape(CELLS, CELLS)
            is_normal[row] = torch.from_numpy(negative).reshape(CELLS, CELLS)
    return Marks(is_defect, is_normal)
