"""The nearest rows of a bank, with plain L2 distances: exact for a few queries, bounded from above for many."""

from functools import cached_property

import faiss
import numpy as np
from numpy.typing import NDArray

from detectors.methods.near_rows import NearRows, is_faster_in_bytes
from detectors.methods.port import Floats

# Searched exactly at once beyond what is asked for: most often there is no second time.
SPARE = 3


class Bank:
    """Rows (M, D) float32 to be searched; what is built to search them is never stored."""

    def __init__(self, rows: Floats) -> None:
        self.rows = np.ascontiguousarray(rows, dtype=np.float32)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def _index(self) -> faiss.IndexFlatL2:
        index = faiss.IndexFlatL2(self.rows.shape[1])
        index.add(self.rows)
        return index

    @cached_property
    def _near(self) -> NearRows:
        return NearRows(self.rows, in_bytes=is_faster_in_bytes())

    @cached_property
    def _nearest(self) -> NearRows:
        return NearRows(self.rows, in_bytes=False)

    def nearest_neighbours(self, queries: Floats, count: int) -> tuple[Floats, NDArray[np.int64]]:
        """Return L2 distances and row indices, each (len(queries), count), nearest first.

        faiss expands the square, which loses digits near zero; the found rows' distances are therefore taken again
        from the differences.
        """
        count = min(count, len(self.rows))
        _, indices = self._index.search(np.ascontiguousarray(queries, dtype=np.float32), count)
        return plain_distances(queries, self.rows[indices]), indices

    def nearest(self, queries: Floats) -> Floats:
        """Return the distance (n,) of each query (n, D) to its nearest row."""
        return self._distances(queries, self._nearest.find(queries))

    def highest_exact(self, queries: Floats, highest: int) -> tuple[Floats, NDArray[np.int64]]:
        """Return each query's distance to a row, (n,), and which row; the `highest` largest distances are exact.

        The others are the true distances to rows that are nearest or nearly so, and so never too small. That makes
        them bounds: queries are searched exactly in falling order, until no bound left reaches the smallest of the
        largest that are exact, and nothing left can be among them.
        """
        rows = self._near.find(queries)
        distances = self._distances(queries, rows)
        order = np.argsort(-distances, kind="stable")
        done = 0
        while done < len(order) and not _are_settled(distances, order, done, highest):
            some = order[done : done + highest + SPARE]
            found, nearest = self.nearest_neighbours(queries[some], 1)
            distances[some], rows[some] = found[:, 0], nearest[:, 0]
            done += len(some)
        return distances, rows

    def _distances(self, queries: Floats, rows: NDArray[np.int64]) -> Floats:
        return plain_distances(queries, self.rows[rows[:, None]])[:, 0]


def _are_settled(distances: Floats, order: NDArray[np.intp], done: int, highest: int) -> bool:
    """Tell whether the `highest` largest of the first `done` in this order are the largest of all."""
    if done < highest:
        return False
    smallest = np.partition(distances[order[:done]], done - highest)[done - highest]
    return bool(distances[order[done]] <= smallest)


def plain_distances(queries: Floats, rows: Floats) -> Floats:
    """Return the L2 distances (n, k) between queries (n, D) and their rows (n, k, D)."""
    difference = queries[:, None, :] - rows
    distances: Floats = np.sqrt(np.einsum("nkd,nkd->nk", difference, difference))
    return distances
