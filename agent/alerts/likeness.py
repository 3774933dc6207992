"""Which anomalies are alike: cosines of stored vectors, within one embedding space."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.records import Candidate, Likeness

Floats = NDArray[np.float32]


def unit_vectors(likeness: Likeness) -> Floats:
    """Return an anomaly's vectors (regions, D), the oddest region first; (0, 0) where it has none."""
    flat = np.frombuffer(likeness.vectors, dtype=np.float16).astype(np.float32)
    if not likeness.regions or not flat.size or flat.size % likeness.regions:
        return np.zeros((0, 0), np.float32)
    return flat.reshape(likeness.regions, -1)


def cosines_by_region(one: Likeness, other: Likeness) -> Floats | None:
    """Return, for each of an anomaly's regions, the oddest first, its cosine to the most like region of another.

    None where none compares.
    """
    mine, theirs = unit_vectors(one), unit_vectors(other)
    if not _compare(one, mine, other, theirs):
        return None
    nearest: Floats = (mine @ theirs.T).max(axis=1)
    return nearest


def cosine_of_worst(one: Likeness, other: Likeness) -> float:
    """Return the cosine of an anomaly's oddest region to the most like region of another; -1 where none compares."""
    cosines = cosines_by_region(one, other)
    return -1.0 if cosines is None else float(cosines[0])


def cosine_of_all(one: Likeness, other: Likeness) -> float:
    """Return the lowest, over an anomaly's regions, of the cosine to the most like region of another; -1 likewise.

    It is high only where everything odd about the one was odd about the other.
    """
    cosines = cosines_by_region(one, other)
    return -1.0 if cosines is None else float(cosines.min())


@dataclass(frozen=True, slots=True)
class ByLikeness:
    """Puts anomalies together whose oddest regions look alike: the mean of an incident's vectors stands for it.

    Where something has no vector, time alone decides, as with an import.
    """

    alike: float

    def choose(self, found: Likeness, candidates: Sequence[Candidate]) -> int | None:
        """Return the open incident most alike; one just resolved only where no open one is."""
        for is_closed in (False, True):
            near = [one for one in candidates if (one.incident.closed_at is not None) is is_closed]
            cosines = [(self._cosine(found, one), -place) for place, one in enumerate(near)]
            best, place = max(cosines, default=(-2.0, 0))
            if best >= self.alike:
                return near[-place].incident.id
        return None

    def add(self, likeness: bytes | None, found: Likeness) -> bytes | None:
        """Return the sum of an incident's unit vectors with one anomaly more."""
        vectors = unit_vectors(found)
        if not len(vectors):
            return likeness
        total = _sum_of(likeness)
        added = vectors[0] if total is None or total.shape != vectors[0].shape else total + vectors[0]
        kept: bytes = added.astype(np.float32).tobytes()
        return kept

    def _cosine(self, found: Likeness, candidate: Candidate) -> float:
        vectors, total = unit_vectors(found), _sum_of(candidate.likeness)
        if not len(vectors) or total is None:
            return 1.0 if candidate.incident.closed_at is None else -2.0
        if candidate.embedding_space != found.embedding_space or total.shape != vectors[0].shape:
            return -2.0
        length = float(np.linalg.norm(total))
        return float(vectors[0] @ total) / length if length else -2.0


def _compare(one: Likeness, mine: Floats, other: Likeness, theirs: Floats) -> bool:
    is_there = len(mine) > 0 and len(theirs) > 0
    return is_there and one.embedding_space == other.embedding_space and mine.shape[1] == theirs.shape[1]


def _sum_of(likeness: bytes | None) -> Floats | None:
    return None if likeness is None else np.frombuffer(likeness, dtype=np.float32)
