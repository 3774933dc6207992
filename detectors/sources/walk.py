"""The files under a folder: hidden ones left out, links to folders never followed, however deep the tree."""

import os
from collections.abc import Iterator
from pathlib import Path

IGNORED_ENDINGS = (".json", ".txt", ".csv", ".xml", ".md", ".ini", ".db", ".tmp", ".part", ".partial", ".crdownload")


def walk_files(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield each file's path under the root, with its status; what cannot be listed is left out."""
    folders = [""]
    while folders:  # no recursion: a tree may be deeper than Python's stack
        folder = folders.pop()
        for entry in _entries(os.path.join(root, folder)):  # noqa: PTH118 - a Path takes ten times as much
            relative = os.path.join(folder, entry.name)  # noqa: PTH118 - the same
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(relative)
                elif not entry.name.lower().endswith(IGNORED_ENDINGS) and not _leads_to_folder(entry):
                    yield relative, entry.stat(follow_symlinks=False)
            except OSError:
                continue  # gone between the listing and the look


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield what a folder holds, one at a time: an entry keeps its status, and there may be a million."""
    try:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if not entry.name.startswith("."))
    except OSError:
        return  # gone, closed to us, or deeper than a path can say


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and os.path.isdir(entry.path)  # noqa: PTH112 - a loop of links is no folder, and no error
