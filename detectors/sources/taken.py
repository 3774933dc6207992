"""Which files of a folder were taken: eight bytes each, for folders hold many, and for long."""

import hashlib
import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable

import numpy as np

DIGEST_BYTES = 8  # two of a million files share one with a chance of 3e-8
UNSIGNED = "Q"


class Taken:
    """Digests of the files that were taken: those known since the last walk in order, and the few since then."""

    def __init__(self) -> None:
        self._in_order = array(UNSIGNED)
        self._since: set[int] = set()

    def add(self, digest: int) -> None:
        """Remember a file."""
        self._since.add(digest)

    def __contains__(self, digest: int) -> bool:
        """Say whether a file was taken."""
        if digest in self._since:
            return True
        place = bisect_left(self._in_order, digest)
        return place < len(self._in_order) and self._in_order[place] == digest

    def keep_only(self, still_there: Iterable[int]) -> None:
        """Forget every file but these, in any order."""
        kept = array(UNSIGNED, still_there)
        np.frombuffer(kept, np.uint64).sort()
        self._in_order, self._since = kept, set()


def digest_of(relative: str, size: int, modified_ns: int) -> int:
    """Return what tells a file, as large and as old as it is, from every other of its folder."""
    text = b"%d|%d|" % (size, modified_ns) + os.fsencode(relative)
    return int.from_bytes(hashlib.blake2b(text, digest_size=DIGEST_BYTES).digest())
