"""Learn more from a few good images: turned, shifted, scaled, relit and mirrored copies, where those look normal."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from detectors.methods.neighbours import Bank
from detectors.methods.port import Floats, PatchGrid

Pixels = NDArray[np.uint8]
Embed = Callable[[Pixels], PatchGrid]
Change = Callable[[Pixels, np.random.Generator], Pixels]

# With more images than these, the images themselves show how normal ones differ.
FEW = 16
# From so many images on, they show by themselves how normal ones turn, shift and vary in light; copies that do so
# too made eight images worse or no better in the mean of six categories; mirrored ones helped.
VARIED_BY_THEMSELVES = 3
# Originals and copies together; each image has the same number of copies.
IMAGES_IN_ALL = 32
MOST_COPIES = 11
DEGREES, SHIFT, SCALE, LIGHT = 5.0, 0.04, 0.05, 0.06
# Reflected around an image before it is moved, so that no black corner comes into view.
MARGIN = 0.15
# Changed images may lie this much farther from the other images than those lie from each other.
AS_NEAR = 1.02


def copies_each(images: int) -> int:
    """Return how many copies each of so many good images gets; none from FEW images on."""
    return 0 if images >= FEW else min(MOST_COPIES, IMAGES_IN_ALL // images - 1)


def embed_copies(
    images: Sequence[Pixels], originals: Sequence[PatchGrid], embed: Embed, seed: int
) -> list[list[PatchGrid]]:
    """Return the patches of each image's copies, given the images (H, W, 3) and their own patches.

    There are none where no change looks normal.
    """
    generator = np.random.default_rng(seed)
    changes, flips = choose_changes(images, originals, embed, generator)
    count = copies_each(len(images)) if changes or flips else 0
    return [[embed(copy) for copy in make_copies(image, count, changes, flips, generator)] for image in images]


def make_copies(
    image: Pixels, count: int, changes: Sequence[Change], flips: Sequence[Change], generator: np.random.Generator
) -> list[Pixels]:
    """Return copies (H, W, 3): mirrored by each flip in turn and not at all, and changed in every other way.

    Without changes there is one copy a flip, as more would be the same.
    """
    turns = [*flips, *([_same] if changes else [])]
    copies = []
    for number in range(count if changes else min(count, len(flips))):
        copy = turns[number % len(turns)](image, generator)
        for change in changes:
            copy = change(copy, generator)
        copies.append(copy)
    return copies


def choose_changes(
    images: Sequence[Pixels], originals: Sequence[PatchGrid], embed: Embed, generator: np.random.Generator
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """Return the changes and the flips after which images lie as near to the others as those lie to each other.

    Near is the mean distance of an image's patches to the nearest patches of the others. A single image has no others:
    all changes are taken, and the flips after which it lies as near to itself as after all the changes. From three
    images on, only flips are tried.
    """
    banks = [Bank(np.concatenate([grid.rows for grid in _others(originals, index)])) for index in range(len(images))]

    def distance_after(*changes: Change) -> float:
        grids = [embed(make_copies(image, 1, changes, (), generator)[0]) for image in images]
        return _mean_distance(grids, banks)

    if len(images) == 1:
        near = distance_after(*CHANGES)
        return CHANGES, tuple(flip for flip in FLIPS if distance_after(flip) <= near)
    near = AS_NEAR * _mean_distance(originals, banks)
    tried = CHANGES if len(images) < VARIED_BY_THEMSELVES else ()
    changes, flips = (tuple(one for one in kind if distance_after(one) <= near) for kind in (tried, FLIPS))
    return changes, flips


def turn(image: Pixels, generator: np.random.Generator) -> Pixels:
    """Turn by up to 5 degrees."""
    return _moved(image, angle=_draw(generator, DEGREES))


def shift(image: Pixels, generator: np.random.Generator) -> Pixels:
    """Shift by up to 4 % of each side."""
    height, width = image.shape[:2]
    return _moved(image, right=round(_draw(generator, SHIFT) * width), down=round(_draw(generator, SHIFT) * height))


def scale(image: Pixels, generator: np.random.Generator) -> Pixels:
    """Make larger or smaller by up to 5 %."""
    return _moved(image, scale=1 + _draw(generator, SCALE))


def relight(image: Pixels, generator: np.random.Generator) -> Pixels:
    """Change brightness and contrast by up to 6 % each."""
    brighter = functional.adjust_brightness(_planes(image), 1 + _draw(generator, LIGHT))
    return _pixels(functional.adjust_contrast(brighter, 1 + _draw(generator, LIGHT)))


def _same(image: Pixels, _: np.random.Generator) -> Pixels:
    return image


def _mirror(image: Pixels, _: np.random.Generator) -> Pixels:
    return np.ascontiguousarray(image[:, ::-1])


def _upend(image: Pixels, _: np.random.Generator) -> Pixels:
    return np.ascontiguousarray(image[::-1])


def _half_turn(image: Pixels, _: np.random.Generator) -> Pixels:
    return np.ascontiguousarray(image[::-1, ::-1])


CHANGES: tuple[Change, ...] = (turn, shift, scale, relight)
FLIPS: tuple[Change, ...] = (_mirror, _upend, _half_turn)


def _moved(image: Pixels, *, angle: float = 0.0, right: int = 0, down: int = 0, scale: float = 1.0) -> Pixels:
    height, width = image.shape[:2]
    padded = functional.pad(_planes(image), [int(MARGIN * width), int(MARGIN * height)], padding_mode="reflect")
    moved = functional.affine(padded, angle, [right, down], scale, [0.0, 0.0], interpolation=InterpolationMode.BILINEAR)
    return _pixels(functional.center_crop(moved, [height, width]))


def _planes(image: Pixels) -> Tensor:
    return torch.from_numpy(np.require(image, np.uint8, ["C", "W"])).permute(2, 0, 1)


def _pixels(planes: Tensor) -> Pixels:
    return np.ascontiguousarray(planes.permute(1, 2, 0).numpy())


def _others(grids: Sequence[PatchGrid], index: int) -> Sequence[PatchGrid]:
    return grids if len(grids) == 1 else [*grids[:index], *grids[index + 1 :]]


def _mean_distance(grids: Sequence[PatchGrid], banks: Sequence[Bank]) -> float:
    distances: list[Floats] = [
        bank.nearest_neighbours(grid.rows, 1)[0] for grid, bank in zip(grids, banks, strict=True)
    ]
    return float(np.mean(distances))


def _draw(generator: np.random.Generator, most: float) -> float:
    return float(generator.uniform(-most, most))
