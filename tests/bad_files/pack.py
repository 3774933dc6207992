"""Every bad file there is."""

from pathlib import Path

from tests.bad_files.bitmaps import BITMAPS
from tests.bad_files.expected import BadFile
from tests.bad_files.jpegs import JPEGS
from tests.bad_files.others import OTHERS
from tests.bad_files.pngs import PNGS
from tests.bad_files.tiffs import TIFFS

BAD_FILES: tuple[BadFile, ...] = (*PNGS, *JPEGS, *TIFFS, *BITMAPS, *OTHERS)
# What stands behind the decoder sees pictures or reasons: a few of the pictures do for it, and none that take long.
HEAVY = frozenset(
    {
        "icc-bomb.png",
        "text-bomb.png",
        "international-text-bomb.png",
        "million-chunks.png",
        "million-segments.jpg",
        "thousands-of-scans.jpg",
        "a-thousand-pages.tif",
        "million-strips.tif",
        "slow-run-lengths.bmp",
        "large.webp",
    }
)
ONE_IN = 8


def lighter_half() -> tuple[BadFile, ...]:
    """Return all that are rejected and a few of those that are scored, without the heavy ones."""
    light = [bad for bad in BAD_FILES if bad.name not in HEAVY]
    pictures = [bad for bad in light if bad.reason is None]
    return (*pictures[::ONE_IN], *(bad for bad in light if bad.reason is not None))


def write_bad_files(folder: Path) -> dict[Path, BadFile]:
    """Write the lighter half of the pack and return each file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {folder / bad.name: bad for bad in lighter_half()}
    for path, bad in written.items():
        path.write_bytes(bad.make())
    return written
