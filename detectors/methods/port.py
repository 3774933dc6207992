"""What a method is to the rest of the detectors: patches of normal images in, scores of one image out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PatchGrid:
    """One image's patch embeddings: rows (height * width, D) float32, row-major."""

    rows: Floats
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class MethodScore:
    """A raw image score and the raw score of every patch (height, width); higher is more abnormal."""

    score: float
    patches: Floats


@dataclass(frozen=True, slots=True)
class FitChoices:
    """How much a fit keeps, and its seed."""

    bank_share: float
    bank_floor: int
    bank_cap: int
    seed: int


class FittedMethod(Protocol):
    """A method that has seen normal images."""

    def score(self, grid: PatchGrid) -> MethodScore:
        """Return the raw score of one image and of each of its patches."""
        ...

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return everything needed to restore it, as plain arrays."""
        ...


class Method(Protocol):
    """A way to learn from normal images."""

    name: ClassVar[str]

    def fit(self, images: Sequence[Floats], choices: FitChoices) -> FittedMethod:
        """Learn from each image's patch rows (n, D); raise ValueError where there are none."""
        ...

    def cross_fit(
        self, images: Sequence[Floats], folds: Sequence[NDArray[np.intp]], choices: FitChoices
    ) -> Iterator[FittedMethod]:
        """Learn, fold after fold of image indices, from every image outside it."""
        ...

    def restore(self, arrays: dict[str, NDArray[np.generic]]) -> FittedMethod:
        """Return what `arrays()` described; raise KeyError or ValueError where something is missing or misshapen."""
        ...
