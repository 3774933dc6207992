"""What people's words on earlier anomalies say of a new one: a false alarm again, a defect again, or neither."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.alerts.likeness import Floats, cosines_by_region
from storage.records import LabelKind, Likeness, Remembered

# As near as this to a labelled defect, it is the same defect again, whatever it is like besides.
DEFECT_AGAIN = 0.8
# As near as this it may be: no silence covers it, and only labels that speak for a false alarm hold it back.
MAYBE_DEFECT = 0.7
# Where all that is odd about it is as near as this to one false alarm, it is that one again.
ALARM_AGAIN = 0.9
# So much odder than a false alarm it may be, and still pass for its like.
NO_ODDER = 1.1
# How fast a label loses its say: over so much less cosine, and over so much another score (a share).
COSINE_WIDTH, SCORE_WIDTH = 0.25, 0.1
# So many times as like false alarms as like defects it has to be, on the whole: a miss costs more than an alarm.
ON_THE_WHOLE = 1.5


@dataclass(frozen=True, slots=True)
class Recalled:
    """What an anomaly brings to mind, each None where nothing does.

    false_alarm: it is held back, being like this. defect: it was seen before, as this; is_same: it may well be the
    same again, so that no silence may cover it.
    """

    false_alarm: Remembered | None = None
    defect: Remembered | None = None
    is_same: bool = False


@dataclass(frozen=True, slots=True)
class _Compared:
    """A labelled anomaly, and the cosine of each region of the new one, the oddest first, to its most like region."""

    memory: Remembered
    cosines: Floats


def recall(found: Likeness, memories: Iterable[Remembered], *, alike: float) -> Recalled:
    """Compare an anomaly with what people said of earlier ones.

    It is held back where labels of false alarms outweigh those of defects, or where it is one false alarm again; never
    where it is odder than every false alarm, nor where it is a labelled defect again (invariant I12).
    """
    compared = _compare_all(found, memories)
    defects = [one for one in compared if one.memory.label is LabelKind.DEFECT]
    alarms = [one for one in compared if one.memory.label is LabelKind.FALSE_ALARM]
    defect = max(defects, key=lambda one: one.cosines[0], default=None)
    if defect is not None and defect.cosines[0] >= DEFECT_AGAIN:
        return Recalled(defect=defect.memory, is_same=True)
    held = _like_a_false_alarm(found, alarms, defects, alike)
    if held is not None:
        return Recalled(false_alarm=held)
    if defect is None or defect.cosines[0] < min(alike, MAYBE_DEFECT):
        return Recalled()
    return Recalled(defect=defect.memory, is_same=bool(defect.cosines[0] >= MAYBE_DEFECT))


def odds_of_false_alarm(
    like_alarms: NDArray[np.floating], like_defects: NDArray[np.floating], *, unseen: float
) -> NDArray[np.float64]:
    """Return how many times as like false alarms as like defects each region is: two Parzen windows, one over another.

    Both are kernels (regions, labels); unseen is that of one defect more, which nobody has labelled yet. A mean, not
    the nearest, speaks for each side: one wrong label, alone among others, moves little. Parzen 1962, "On Estimation
    of a Probability Density Function and Mode", eq. 1.1.
    """
    defects = (like_defects.sum(axis=1) + unseen) / (like_defects.shape[1] + 1)
    odds: NDArray[np.float64] = like_alarms.mean(axis=1) / defects
    return odds


def _compare_all(found: Likeness, memories: Iterable[Remembered]) -> list[_Compared]:
    others = [one for one in memories if one.likeness.inspection_id != found.inspection_id]
    cosines = [cosines_by_region(found, one.likeness) for one in others]
    return [_Compared(one, each) for one, each in zip(others, cosines, strict=True) if each is not None]


def _like_a_false_alarm(
    found: Likeness, alarms: Sequence[_Compared], defects: Sequence[_Compared], alike: float
) -> Remembered | None:
    """Return the false alarm it is held back for; None where it is to be told."""
    no_odder = [one for one in alarms if found.score <= NO_ODDER * one.memory.likeness.score]
    if not no_odder:
        return None
    again = max(no_odder, key=lambda one: one.cosines.min())
    if again.cosines.min() >= max(alike, ALARM_AGAIN):
        return again.memory
    # A defect that nobody labelled yet is taken to be halfway between alike and nothing in common.
    unseen = float(_kernel(np.array(alike / 2), np.array(0.0)))
    odds = odds_of_false_alarm(_kernels(found, alarms), _kernels(found, defects), unseen=unseen)
    # No region may speak for a defect, as a new oddity beside a known false alarm does.
    if odds.min() < 1 or np.log(odds).mean() < np.log(ON_THE_WHOLE):
        return None
    return max(no_odder, key=lambda one: one.cosines.mean()).memory


def _kernels(found: Likeness, labelled: Sequence[_Compared]) -> NDArray[np.float64]:
    """Return how much each label has to say of each region (regions, labels): 1 where they look and score the same."""
    regions = found.regions
    if not labelled:
        return np.zeros((regions, 0))
    cosines = np.stack([one.cosines for one in labelled], axis=1).astype(np.float64)
    scores = np.array([one.memory.likeness.score for one in labelled])
    return _kernel(cosines, _apart(found.score, scores))


def _kernel(cosines: NDArray[np.float64], apart: NDArray[np.float64]) -> NDArray[np.float64]:
    likeness: NDArray[np.float64] = np.exp((cosines - 1) / COSINE_WIDTH - (apart / SCORE_WIDTH) ** 2 / 2)
    return likeness


def _apart(score: float, others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far scores are apart, as a share of the larger."""
    larger = np.maximum(np.maximum(np.abs(others), abs(score)), np.finfo(np.float64).tiny)
    apart: NDArray[np.float64] = np.abs(others - score) / larger
    return apart
