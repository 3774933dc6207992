import os
from datetime import timedelta
from pathlib import Path

from storage.blobs import BlobStore
from tests.factories import NOON


def test_removes_what_was_half_written_long_ago_and_nothing_else(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    kept = blobs.put(b"whole")
    folder = blobs.path(kept).parent
    half, being_written = folder / f".{kept}.1", folder / f".{kept}.2"
    for file, age in ((half, 2), (being_written, 0), (blobs.path(kept), 2)):
        file.touch()
        at = (NOON - timedelta(hours=age)).timestamp()
        os.utime(file, (at, at))

    removed = blobs.remove_leftovers(before=NOON - timedelta(hours=1))

    assert removed == 1
    assert sorted(folder.iterdir()) == sorted([being_written, blobs.path(kept)])
