"""Which stored vectors are most like one's own: cosines within one embedding space."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

HALF_BYTES = 2


def cosines_of_worst(vectors: bytes, regions: int, others: Sequence[bytes]) -> NDArray[np.float32]:
    """Return, for each other one, the cosine (len(others),) of the oddest region to its most like region.

    vectors and others: float16, row-major (regions, D), L2-normalised, the oddest region first. -1 where another's
    bytes are no rows of D.
    """
    dimensions = len(vectors) // HALF_BYTES // regions if regions else 0
    found = np.full(len(others), -1.0, np.float32)
    whole = [place for place, other in enumerate(others) if _is_whole(other, dimensions)]
    if not whole:
        return found
    oddest = np.frombuffer(vectors, np.float16)[:dimensions].astype(np.float32)
    joined = np.frombuffer(b"".join(others[place] for place in whole), np.float16).reshape(-1, dimensions)
    rows = [len(others[place]) // HALF_BYTES // dimensions for place in whole]
    starts = np.concatenate([[0], np.cumsum(rows)[:-1]])
    found[whole] = np.maximum.reduceat(joined.astype(np.float32) @ oddest, starts)
    return found


def _is_whole(vectors: bytes, dimensions: int) -> bool:
    return dimensions > 0 and len(vectors) > 0 and len(vectors) % (HALF_BYTES * dimensions) == 0
