"""One at a time: whoever gives a source's detector a number and a folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.database import make_file_private


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Wait until no other process registers a version of this installation."""
    make_file_private(data_dir / "fit.lock")
    with (data_dir / "fit.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
