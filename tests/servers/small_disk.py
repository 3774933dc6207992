"""A disk of its own for a test: a few megabytes of memory, mounted where they are wanted."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage.disk import disk_use

FILLER = "filler"


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator["SmallDisk"]:
    """Mount an empty disk over a folder; where this user may not, the test is skipped, and in CI it fails."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "oddspot-test", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        end = pytest.fail if os.environ.get("CI") else pytest.skip
        end(f"a disk of its own cannot be mounted here: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class SmallDisk:
    """A mounted disk, and a file on it that fills it as far as is wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / FILLER

    @property
    def share(self) -> float:
        """The share in use."""
        return disk_use(self.folder).share

    def fill(self, share: float) -> None:
        """Make the filler so large that this share is in use."""
        use = disk_use(self.folder)
        size = self._filler.stat().st_size if self._filler.exists() else 0
        wanted = max(0, size + int(share * use.total_bytes) - use.used_bytes)
        with self._filler.open("ab") as file:
            file.truncate(min(size, wanted))
            file.write(bytes(max(0, wanted - size)))

    def fill_up(self) -> None:
        """Write until nothing more fits."""
        with self._filler.open("ab", buffering=0) as file:
            for count in (1_000_000, 4096, 1):
                while True:
                    try:
                        file.write(bytes(count))
                    except OSError:
                        break
