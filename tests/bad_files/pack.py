"""Every bad file there is."""

from pathlib import Path

from tests.bad_files.bitmaps import BITMAPS
from tests.bad_files.expected import BadFile
from tests.bad_files.jpegs import JPEGS
from tests.bad_files.others import OTHERS
from tests.bad_files.pngs import PNGS
from tests.bad_files.tiffs import TIFFS

BAD_FILES: tuple[BadFile, ...] = (*PNGS, *JPEGS, *TIFFS, *BITMAPS, *OTHERS)
# Those that take a moment to make; tests of what comes behind the decoder do without.
HEAVY = frozenset({"million-chunks.png", "million-segments.jpg", "slow-run-lengths.bmp", "thousands-of-scans.jpg"})


def write_bad_files(folder: Path, *, without: frozenset[str] = frozenset()) -> dict[Path, BadFile]:
    """Write the pack and return each file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {folder / bad.name: bad for bad in BAD_FILES if bad.name not in without}
    for path, bad in written.items():
        path.write_bytes(bad.make())
    return written
