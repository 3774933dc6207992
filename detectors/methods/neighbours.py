"""The nearest rows of a bank, by exact search with plain L2 distances."""

import faiss
import numpy as np
from numpy.typing import NDArray

from detectors.methods.port import Floats


class Bank:
    """Rows (M, D) float32 to be searched; the index is rebuilt from them and never stored."""

    def __init__(self, rows: Floats) -> None:
        self.rows = np.ascontiguousarray(rows, dtype=np.float32)
        self._index = faiss.IndexFlatL2(self.rows.shape[1])
        self._index.add(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def nearest_neighbours(self, queries: Floats, count: int) -> tuple[Floats, NDArray[np.int64]]:
        """Return L2 distances and row indices, each (len(queries), count), nearest first.

        faiss expands the square, which loses digits near zero; the found rows' distances are therefore taken again
        from the differences.
        """
        count = min(count, len(self.rows))
        _, indices = self._index.search(np.ascontiguousarray(queries, dtype=np.float32), count)
        return plain_distances(queries, self.rows[indices]), indices


def plain_distances(queries: Floats, rows: Floats) -> Floats:
    """Return the L2 distances (n, k) between queries (n, D) and their rows (n, k, D)."""
    difference = queries[:, None, :] - rows
    distances: Floats = np.sqrt(np.einsum("nkd,nkd->nk", difference, difference))
    return distances
