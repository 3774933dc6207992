"""The patches a head learns from: defective ones, those beside them, and good ones, the hard among them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detectors.methods.port import EmbeddedImage, FittedMethod, Floats, LabelledDefect
from detectors.methods.supervised.patch_head import LabelledRows, with_surroundings
from detectors.methods.supervised.patch_labels import patch_labels

GOOD_ROWS = 10_000
HARD_ROWS = 5_000
BESIDE_ROWS = 4_000
HARD_SHARE = 0.05
UNMARKED_SHARE = 0.01
SMALLEST_SPREAD = 1e-6


class ExampleMaker:
    """Draw good patches once, then join them to the patches of any set of defects."""

    def __init__(self, base: FittedMethod, good: Sequence[EmbeddedImage], *, seed: int) -> None:
        self._base = base
        self._random = np.random.default_rng(seed)
        self._good = np.concatenate([self._draw(image, len(good)) for image in good])
        self.mean: Floats = self._good.mean(axis=0)
        self.spread: Floats = np.maximum(self._good.std(axis=0), SMALLEST_SPREAD)

    def make(self, defects: Sequence[LabelledDefect]) -> LabelledRows:
        """Return all examples; defects, what lies beside them, and good patches are drawn as 2 : 1 : 1."""
        marked = [self._split(defect) for defect in defects]
        positives = np.concatenate([positive for positive, _ in marked])
        # A large defect weighs more than a small one, though not by its area.
        shares = np.concatenate([np.full(len(positive), max(1, len(positive)) ** -0.5) for positive, _ in marked])
        beside = np.concatenate([negative for _, negative in marked])
        beside = beside[self._random.permutation(len(beside))[:BESIDE_ROWS]]
        parts = [positives, beside, self._good]
        weights = [2 * shares / max(shares.sum(), SMALLEST_SPREAD), _even(len(beside)), _even(len(self._good))]
        is_defect = np.arange(sum(map(len, parts))) < len(positives)
        return LabelledRows(np.concatenate(parts), is_defect, np.concatenate(weights))

    def _draw(self, image: EmbeddedImage, images: int) -> Floats:
        """Return one good image's part: some patches at random, some from its oddest."""
        distances = distances_of(self._base, image).ravel()
        hardest = np.argsort(-distances)[: max(1, round(len(distances) * HARD_SHARE))]
        hard = self._random.permutation(hardest)[: max(1, HARD_ROWS // images)]
        some = self._random.permutation(len(distances))[: max(1, GOOD_ROWS // images)]
        drawn: Floats = with_surroundings(image.grid)[np.concatenate([some, hard])]
        return drawn

    def _split(self, defect: LabelledDefect) -> tuple[Floats, Floats]:
        """Return a defect's defective and normal patches; unmarked, its oddest patches stand for the defect."""
        rows = with_surroundings(defect.image.grid)
        if defect.mask is not None:
            positive, negative = patch_labels(defect.mask, defect.image.grid.height, defect.image.grid.width)
            return rows[positive], rows[negative]
        distances = distances_of(self._base, defect.image).ravel()
        return rows[np.argsort(-distances)[: max(1, round(len(rows) * UNMARKED_SHARE))]], rows[:0]


def deal_by_kind(defects: Sequence[LabelledDefect], folds: int, seed: int) -> list[list[int]]:
    """Deal defects to folds in turn, kind after kind in an order drawn by the seed; no fold stays empty."""
    order = np.random.default_rng(seed).permutation(len(defects)).tolist()
    order.sort(key=lambda index: defects[index].kind)
    return [order[fold::folds] for fold in range(min(folds, len(order)))]


def distances_of(base: FittedMethod, image: EmbeddedImage) -> Floats:
    """Return the distance of every patch (height, width)."""
    return base.score(image).patches


def _even(count: int) -> NDArray[np.float64]:
    return np.full(count, 1 / max(1, count))
