"""Which files a command was pointed at."""

import os
from collections.abc import Iterable
from pathlib import Path

from detectors.errors import DetectorError
from detectors.sources.walk import walk_files
from storage.text import storable

LONGEST_STEM_BYTES = 80


class NoImagesError(DetectorError):
    """What a command was pointed at holds no file to read."""


def list_images(paths: Iterable[Path]) -> list[Path]:
    """Return the files named and those under the folders named, sorted; raise NoImagesError where there are none."""
    found: list[Path] = []
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - of a name too long for any file, a Path raises an error
            found += sorted(path / relative for relative, _ in walk_files(path))
        elif os.path.lexists(path):
            found.append(path)
        else:
            raise NoImagesError(f"There is no file or folder {path}.")
    if not found:
        raise NoImagesError(f"There is no image in {', '.join(str(path) for path in paths)}.")
    return found


def picture_name(number: int, image: Path) -> str:
    """Return how the picture drawn of an image is called: in its order, by what of its name every disk takes."""
    stem = "".join(letter for letter in storable(image.stem) if letter.isprintable())
    return f"{number:05d}-{stem.encode()[:LONGEST_STEM_BYTES].decode(errors='ignore')}.png"
