"""Which files a command was pointed at."""

from collections.abc import Iterable
from pathlib import Path

from detectors.errors import DetectorError
from detectors.sources.folder import IGNORED_ENDINGS


class NoImagesError(DetectorError):
    """What a command was pointed at holds no file to read."""


def list_images(paths: Iterable[Path]) -> list[Path]:
    """Return the files named and those under the folders named, sorted; raise NoImagesError where there are none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(_files_under(path))
        elif path.exists() or path.is_symlink():
            found.append(path)
        else:
            raise NoImagesError(f"There is no file or folder {path}.")
    if not found:
        raise NoImagesError(f"There is no image in {', '.join(str(path) for path in paths)}.")
    return found


def _files_under(folder: Path) -> Iterable[Path]:
    for file in folder.rglob("*"):
        is_hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if not is_hidden and not file.is_dir() and not file.name.lower().endswith(IGNORED_ENDINGS):
            yield file
