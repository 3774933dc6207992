"""One image taken out of a bundle: its bank rows, its thumbnail, its name; what is left becomes a bundle of its own."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from detectors.bundle import Manifest, known_hashes, read_bundle, read_thumbnail, write_bundle
from detectors.heatmap import render_thumbnail

FORGOTTEN = "(forgotten)"
ROWS = ("bank", "origins", "places")
Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class LeftBundle:
    """What is left of a bundle: its folder and manifest's sha256, None where no row of the bank is; rows: taken out."""

    folder: Path | None
    manifest_sha256: str | None
    rows: int


def number_of(manifest: Manifest, sha256: str, names: AbstractSet[str]) -> int | None:
    """Return an image's place among those a bundle has learnt from; None where it is not there, or cannot be told.

    Older bundles keep no hashes: there it is the only one called by one of the names.
    """
    hashes = known_hashes(manifest)
    if sha256 in hashes:
        return hashes.index(sha256)
    named = [number for number, name in enumerate(manifest.images) if name in names and not hashes[number]]
    return named[0] if len(named) == 1 else None


def without_image(arrays: Mapping[str, NDArray[np.generic]], number: int) -> tuple[Arrays, int]:
    """Return a method's arrays without the bank rows of one image, and how many those were.

    Averages over all images and weights that were trained on them stay: no image can be told from them.
    """
    if "origins" not in arrays:
        return dict(arrays), 0
    kept = arrays["origins"] != number
    return {name: array[kept] if name in ROWS else array for name, array in arrays.items()}, int((~kept).sum())


def unlearn(bundle: Path, number: int) -> LeftBundle:
    """Write a bundle's twin without one of its images beside it, the old one untouched; raise BundleError."""
    manifest, arrays = read_bundle(bundle)
    left, rows = without_image(arrays, number)
    if rows and not len(left["bank"]):
        return LeftBundle(None, None, rows)
    thumbnails = {name: read_thumbnail(bundle, place) or b"" for place, name in enumerate(manifest.thumbnails)}
    if number < len(manifest.thumbnails):
        thumbnails[manifest.thumbnails[number]] = render_thumbnail(np.full((8, 8, 3), 128, np.uint8))
    changed = manifest.model_copy(
        update={
            "images": _put(manifest.images, number, FORGOTTEN),
            "hashes": _put(known_hashes(manifest), number, ""),
        }
    )
    folder = bundle.with_name(f"{bundle.name.partition('+')[0]}+{uuid4().hex[:8]}")
    return LeftBundle(folder, write_bundle(folder, changed, left, thumbnails), rows)


def _put(values: tuple[str, ...], number: int, value: str) -> tuple[str, ...]:
    return (*values[:number], value, *values[number + 1 :])
