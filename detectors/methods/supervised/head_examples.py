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
    """Draw every good image's patches once, then join those of some images to the patches of some defects.

    oddness: of each good image, the base's score of its patches (height, width), from a fit that has not seen it.
    """

    def __init__(
        self, good: Sequence[EmbeddedImage], oddness: Sequence[Floats], base: FittedMethod, *, seed: int
    ) -> None:
        self._base = base
        self._random = np.random.default_rng(seed)
        self._good = [self._draw(image, odd, len(good)) for image, odd in zip(good, oddness, strict=True)]
        every = np.concatenate(self._good)
        self.mean: Floats = every.mean(axis=0)
        self.spread: Floats = np.maximum(every.std(axis=0), SMALLEST_SPREAD)

    def make(self, good: Sequence[int], defects: Sequence[LabelledDefect]) -> LabelledRows:
        """Return all examples; defects, what lies beside them, and good patches are drawn as 2 : 1 : 1."""
        marked = [self._split(defect) for defect in defects]
        positives = np.concatenate([positive for positive, _ in marked])
        # A large defect weighs more than a small one, though not by its area.
        shares = np.concatenate([np.full(len(positive), max(1, len(positive)) ** -0.5) for positive, _ in marked])
        beside = np.concatenate([negative for _, negative in marked])
        beside = beside[self._random.permutation(len(beside))[:BESIDE_ROWS]]
        normal = np.concatenate([self._good[index] for index in good])
        parts = [positives, beside, normal]
        weights = [2 * shares / max(shares.sum(), SMALLEST_SPREAD), _even(len(beside)), _even(len(normal))]
        is_defect = np.arange(sum(map(len, parts))) < len(positives)
        return LabelledRows(np.concatenate(parts), is_defect, np.concatenate(weights))

    def _draw(self, image: EmbeddedImage, oddness: Floats, images: int) -> Floats:
        """Return one good image's part: some patches at random, some from its oddest."""
        hardest = np.argsort(-oddness.ravel())[: max(1, round(oddness.size * HARD_SHARE))]
        hard = self._random.permutation(hardest)[: max(1, HARD_ROWS // images)]
        some = self._random.permutation(oddness.size)[: max(1, GOOD_ROWS // images)]
        drawn: Floats = with_surroundings(image.grid)[np.concatenate([some, hard])]
        return drawn

    def _split(self, defect: LabelledDefect) -> tuple[Floats, Floats]:
        """Return a defect's defective and normal patches; unmarked, its oddest patches stand for the defect."""
        rows = with_surroundings(defect.image.grid)
        if defect.mask is not None:
            positive, negative = patch_labels(defect.mask, defect.image.grid.height, defect.image.grid.width)
            return rows[positive], rows[negative]
        oddness = self._base.score(defect.image).patches.ravel()
        return rows[np.argsort(-oddness)[: max(1, round(len(rows) * UNMARKED_SHARE))]], rows[:0]


def deal_by_kind(defects: Sequence[LabelledDefect], folds: int, seed: int) -> list[list[int]]:
    """Deal defects to folds in turn, kind after kind in an order drawn by the seed; no fold stays empty."""
    order = np.random.default_rng(seed).permutation(len(defects)).tolist()
    order.sort(key=lambda index: defects[index].kind)
    return [order[fold::folds] for fold in range(min(folds, len(order)))]


def group_kinds(defects: Sequence[LabelledDefect], most: int) -> list[list[int]]:
    """Return the defects of each kind together, kinds joined in turn where there are more than `most`; one kind: none.

    Kinds are joined into two groups at least, so that a head can always learn from the others.
    """
    kinds = sorted({defect.kind for defect in defects})
    if len(kinds) == 1 or not kinds:
        return []
    number = {kind: index % most for index, kind in enumerate(kinds)}
    groups: list[list[int]] = [[] for _ in range(min(most, len(kinds)))]
    for index, defect in enumerate(defects):
        groups[number[defect.kind]].append(index)
    return groups


def deal_in_runs(count: int, folds: int, runs: int = 12) -> list[NDArray[np.intp]]:
    """Deal images to folds by runs of consecutive ones, so that near copies stay together; no fold stays empty."""
    run = np.arange(count) * min(runs, count) // max(1, count)
    return [np.flatnonzero(run % folds == fold) for fold in range(min(folds, count))]


def _even(count: int) -> NDArray[np.float64]:
    return np.full(count, 1 / max(1, count))
