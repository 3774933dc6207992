"""What a method is to the rest of the detectors: normal images in, scores of one image out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # what scores needs no torch
    from torch import Tensor

Floats = NDArray[np.float32]
Arrays = dict[str, NDArray[np.generic]]

# Cells around and with a patch that its embedding averages over, along a side.
NEIGHBOURHOOD = 3
# Finer stages sharpen the map as much when averaged down to this grid, at a quarter of the patches.
FINEST_STRIDE = 8


class MethodError(Exception):
    """A method cannot learn from what it was given, said in one sentence."""


@dataclass(frozen=True, slots=True)
class PatchGrid:
    """One image's patch embeddings: rows (height * width, D) float32, row-major."""

    rows: Floats
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class EmbeddedImage:
    """An image as the network saw it, square (S, S, 3) uint8, and its patch embeddings."""

    square: NDArray[np.uint8]
    grid: PatchGrid


@dataclass(frozen=True, slots=True)
class LabelledDefect:
    """A defective image; mask is (S, S), True on the defect, or None where nobody drew it; kind is its class."""

    image: EmbeddedImage
    mask: NDArray[np.bool_] | None
    kind: str


@dataclass(frozen=True, slots=True)
class MethodScore:
    """A raw image score and the raw score of every patch (height, width); higher is more abnormal."""

    score: float
    patches: Floats


@dataclass(frozen=True, slots=True)
class FitChoices:
    """How much a fit keeps, its seed, and how many of the highest patch scores make an image's (0: the paper's way)."""

    bank_share: float
    bank_floor: int
    bank_cap: int
    seed: int
    highest: int = 0


class Checkpoints(Protocol):
    """Where a training keeps its last good state, so that it can go on after Ctrl-C."""

    def load(self) -> dict[str, "Tensor"] | None:
        """Return the last state saved by the same training, or None."""
        ...

    def save(self, state: dict[str, "Tensor"]) -> None:
        """Keep this state in place of the last one."""
        ...


@dataclass(frozen=True, slots=True)
class Training:
    """What a training may use: its seed, its time limit in seconds, who watches, and where its state is kept."""

    seed: int
    seconds: float
    progress: Callable[[int, int], None]
    checkpoints: Checkpoints


# A remembered row that lies nowhere in its image: that of an altered copy.
NO_PLACE = -1


@dataclass(frozen=True, slots=True)
class Origin:
    """One image a method learnt from: its number among all of them, and which patch each of its rows is (n,)."""

    image: int
    patches: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class NearestPatch:
    """A remembered normal patch: its training image's number, its row-major place there, and the distance to it.

    patch: None where the memory keeps no places, as those of older bundles.
    """

    image: int
    patch: int | None
    distance: float


class FittedMethod(Protocol):
    """A method that has seen normal images."""

    def score(self, image: EmbeddedImage) -> MethodScore:
        """Return the raw score of one image and of each of its patches."""
        ...

    def arrays(self) -> Arrays:
        """Return everything needed to restore it, as plain arrays."""
        ...


@runtime_checkable
class Explains(Protocol):
    """A fitted method that says why it came out as it did."""

    @property
    def sentence(self) -> str:
        """Say in one sentence what the labels did."""
        ...


@runtime_checkable
class Remembers(Protocol):
    """A fitted method that keeps normal patches and knows where they come from; one that wraps it hands both on."""

    def nearest_normal(self, patch: Floats) -> NearestPatch | None:
        """Return the remembered patch nearest to this one (D,); None where a bundle is too old to name it."""
        ...

    def with_origins(self, origins: Sequence[Origin]) -> FittedMethod:
        """Return the same memory with its images and patches renumbered; origins: one for each image it learnt from."""
        ...


@runtime_checkable
class Grows(Protocol):
    """A fitted method that takes in more good images without those it has learnt from."""

    def grown(self, images: Sequence[Floats], choices: FitChoices, *, known: int) -> FittedMethod:
        """Return it with the patch rows (n, D) of more images, numbered from `known` on; raise MethodError."""
        ...


@runtime_checkable
class Bounds(Protocol):
    """A fitted method whose score is exact, while patches that do not make it may score a little too high."""

    def exact_patches(self, image: EmbeddedImage, patches: Floats | None = None, above: float = 0.0) -> Floats:
        """Return the exact raw score of every patch (height, width).

        Where `patches` as scored are given, only those are made exact that the map around any above this may show.
        """
        ...


class Restorable(Protocol):
    """A method whose fitted form can be brought back from a bundle."""

    name: ClassVar[str]
    fewest_images: ClassVar[int]

    def restore(self, arrays: Arrays) -> FittedMethod:
        """Return what `arrays()` described; raise KeyError or ValueError where something is missing or misshapen."""
        ...


class Method(Restorable, Protocol):
    """A way to learn from normal patches that is quick enough to be fitted once more for every fold.

    needs_whole_images: it cannot do with some of an image's patches.
    """

    needs_whole_images: ClassVar[bool]

    def fit(self, images: Sequence[Floats], choices: FitChoices) -> FittedMethod:
        """Learn from each image's patch rows (n, D); raise ValueError where there are none."""
        ...

    def cross_fit(
        self, images: Sequence[Floats], folds: Sequence[NDArray[np.intp]], choices: FitChoices
    ) -> Iterator[FittedMethod]:
        """Learn, fold after fold of image indices, from every image outside it."""
        ...


@runtime_checkable
class TrainedMethod(Restorable, Protocol):
    """A way to learn by gradient descent, from good images and perhaps from labelled defects.

    folds: how often it may be trained anew so that every good image is scored unseen; 0 where it is too slow for that.
    """

    uses_defects: ClassVar[bool]
    folds: ClassVar[int]
    fewest_defects: ClassVar[int]

    def train(
        self,
        good: Sequence[EmbeddedImage],
        held_out: Sequence[EmbeddedImage],
        defects: Sequence[LabelledDefect],
        training: Training,
    ) -> FittedMethod:
        """Learn from good images, stopping early by the held-out ones; raise MethodError (too few, a loss of NaN)."""
        ...
