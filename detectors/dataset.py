"""A folder in MVTec layout: train/good, test/<kind>, ground_truth/<kind>/<name>_mask.png."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

import numpy as np

from detectors.errors import DetectorError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"})
GOOD = "good"


class DatasetError(DetectorError):
    """A folder is not in MVTec layout."""


@dataclass(frozen=True, slots=True)
class TestImage:
    """An image with its truth: kind is its folder's name, as good or scratch; mask is None where nobody drew one."""

    path: Path
    is_defect: bool
    mask: Path | None
    kind: str


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of thing: good images to learn from, and images with their truth."""

    name: str
    train: tuple[Path, ...]
    test: tuple[TestImage, ...]
    labelled: tuple[TestImage, ...] = ()

    def with_labels(self, count: int, seed: int) -> "Category":
        """Move `count` defects, drawn at random and evenly over their kinds, from the test to what is learned from."""
        generator = np.random.default_rng(seed)
        by_kind: dict[str, list[TestImage]] = {}
        for image in self.test:
            if image.is_defect:
                by_kind.setdefault(image.kind, []).append(image)
        queues = [[images[index] for index in generator.permutation(len(images))] for images in by_kind.values()]
        turns = [image for turn in zip_longest(*queues) for image in turn if image is not None]
        labelled = tuple(turns[:count])
        return replace(self, test=tuple(image for image in self.test if image not in labelled), labelled=labelled)

    def limited(self, most: int | None) -> "Category":
        """Return it with at most so many training images, and so many test images of good and of defect each."""
        if most is None:
            return self
        good = [image for image in self.test if not image.is_defect][:most]
        defect = _spread([image for image in self.test if image.is_defect], most)
        return replace(self, train=self.train[:most], test=(*good, *defect))


def find_categories(folder: Path) -> list[Category]:
    """Return the folder itself, or those in it, that are in MVTec layout; raise DatasetError where there is none."""
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {folder}.")
    candidates = (
        [folder] if _is_category(folder) else sorted(child for child in folder.iterdir() if _is_category(child))
    )
    categories = [_read_category(candidate) for candidate in candidates]
    if not categories:
        raise DatasetError(f"{folder} is not in MVTec layout: it needs train/good and test, or folders that have them.")
    return categories


def list_images(folder: Path) -> list[Path]:
    """Return the image files directly in a folder, by suffix, sorted by name."""
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )


def find_mask(folders: Sequence[Path], image: Path) -> Path | None:
    """Return the first mask there is for an image, NAME_mask.png or NAME.png (or .bmp), or None."""
    names = (f"{image.stem}_mask.png", f"{image.stem}.png", f"{image.stem}_mask.bmp", f"{image.stem}.bmp")
    return next((folder / name for folder in folders for name in names if (folder / name).is_file()), None)


def _is_category(folder: Path) -> bool:
    return (folder / "train" / GOOD).is_dir() and (folder / "test").is_dir()


def _read_category(folder: Path) -> Category:
    train = tuple(list_images(folder / "train" / GOOD))
    test = tuple(_test_images(folder))
    if not train or not test:
        raise DatasetError(f"{folder} has no images in {'test' if train else 'train/good'}.")
    return Category(folder.absolute().name, train, test)


def _test_images(folder: Path) -> Iterator[TestImage]:
    for kind in sorted(child for child in (folder / "test").iterdir() if child.is_dir()):
        for path in list_images(kind):
            is_defect = kind.name != GOOD
            yield TestImage(
                path,
                is_defect,
                find_mask((folder / "ground_truth" / kind.name,), path) if is_defect else None,
                kind.name,
            )


def _spread(images: list[TestImage], most: int) -> list[TestImage]:
    """Take images evenly, so that every kind of defect is among them."""
    if len(images) <= most:
        return images
    return [images[index * len(images) // most] for index in range(most)]
