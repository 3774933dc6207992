"""How well scores tell defects from normals: exact, on raw scores, ties counted as half."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from scipy.integrate import trapezoid
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

ROUNDS = 1000
EIGHT_CONNECTED = np.ones((3, 3), dtype=bool)

Scalar = TypeVar("Scalar", bound=np.generic)
Maps = Sequence[NDArray[np.float32]]
Masks = Sequence[NDArray[np.bool_]]
Points = tuple[NDArray[np.float64], NDArray[np.float64]]


def image_auroc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the ROC curve; labels are 1 for a defect."""
    return float(roc_auc_score(labels, scores))


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the average precision."""
    return float(average_precision_score(labels, scores))


def f1_max(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the best F1 over all thresholds."""
    precision, recall, _ = precision_recall_curve(labels, scores)
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)))


def roc_points(labels: ArrayLike, scores: ArrayLike) -> Points:
    """Return the corners of the ROC curve: false alarm rates from 0 to 1, and the recall at each."""
    false_alarm_rate, recall, _ = roc_curve(labels, scores)
    return false_alarm_rate, recall


def precision_recall_points(labels: ArrayLike, scores: ArrayLike) -> Points:
    """Return the precision-recall curve: recalls from 0 to 1, and the precision at each."""
    precision, recall, _ = precision_recall_curve(labels, scores)
    return recall[::-1], precision[::-1]


def is_peak_inside(anomaly_map: NDArray[np.float32], mask: NDArray[np.bool_], margin: int) -> bool:
    """Say whether the map's highest pixel lies in the mask widened by `margin` pixels on every side."""
    row, column = np.unravel_index(int(np.argmax(anomaly_map)), anomaly_map.shape)
    top, left = max(0, int(row) - margin), max(0, int(column) - margin)
    return bool(mask[top : int(row) + margin + 1, left : int(column) + margin + 1].any())


def pixel_auroc(maps: Maps, masks: Masks) -> float:
    """Return the area under the ROC curve over all pixels of all maps; masks are True on a defect."""
    scores, truth = _flat(maps), _flat(masks)
    normal, defect = np.sort(scores[~truth]), scores[truth]
    below = np.searchsorted(normal, defect, side="left").astype(np.float64)
    not_above = np.searchsorted(normal, defect, side="right")
    return float((below + not_above).sum() / (2 * len(normal) * len(defect)))


def aupro(maps: Maps, masks: Masks, fpr_limit: float = 0.3) -> float:
    """Return the area under the per-region overlap curve up to a false-positive rate, as a share of the limit.

    Each 8-connected region of a mask weighs the same, however large (Bergmann et al. 2021).
    """
    normals = sum(int((~mask).sum()) for mask in masks)
    regions = sum(_count_regions(mask) for mask in masks)
    # Only pixels from the limit's threshold upwards matter, a third of a large set.
    lowest = _score_at(maps, masks, fpr_limit, normals)
    kept = [one >= lowest for one in maps]
    scores = _flat([one[keep] for one, keep in zip(maps, kept, strict=True)])
    overlap = _flat([_region_weights(mask)[keep] for mask, keep in zip(masks, kept, strict=True)])
    is_normal = _flat([~mask[keep] for mask, keep in zip(masks, kept, strict=True)])
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    is_last_of_tie = np.append(ordered[1:] != ordered[:-1], True)
    pro = np.cumsum(overlap[order])[is_last_of_tie] / regions
    fpr = np.cumsum(is_normal[order])[is_last_of_tie] / normals
    return _area_up_to(np.append(0.0, fpr), np.append(0.0, pro), fpr_limit)


def bootstrap_interval(labels: ArrayLike, scores: ArrayLike, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of image AUROC over 1,000 resamplings of defects and of normals."""
    truth, values = np.asarray(labels, dtype=bool), np.asarray(scores, dtype=np.float64)
    defect, normal = values[truth], values[~truth]
    wins = (defect[:, None] > normal) + 0.5 * (defect[:, None] == normal)
    generator = np.random.default_rng(seed)
    of_defect = generator.multinomial(len(defect), np.full(len(defect), 1 / len(defect)), ROUNDS)
    of_normal = generator.multinomial(len(normal), np.full(len(normal), 1 / len(normal)), ROUNDS)
    areas = np.einsum("rd,rd->r", of_defect, of_normal @ wins.T) / (len(defect) * len(normal))
    low, high = np.quantile(areas, [0.025, 0.975])
    return float(low), float(high)


def _score_at(maps: Maps, masks: Masks, rate: float, normals: int) -> np.float32:
    """Return the highest score that more than `rate` of all normal pixels reach."""
    scores = _flat([one[~mask] for one, mask in zip(maps, masks, strict=True)])
    rank = min(normals - 1, int(rate * normals) + 1)
    cut: np.float32 = np.partition(scores, normals - 1 - rank)[normals - 1 - rank]
    return cut


def _count_regions(mask: NDArray[np.bool_]) -> int:
    return int(ndimage.label(mask, structure=EIGHT_CONNECTED)[1])


def _region_weights(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give every pixel of a region one over its size."""
    labels, count = ndimage.label(mask, structure=EIGHT_CONNECTED)
    sizes = np.bincount(labels.ravel(), minlength=count + 1).astype(np.float64)
    weights = np.append(0.0, 1 / sizes[1:])
    of_pixels: NDArray[np.float64] = weights[labels]
    return of_pixels


def _area_up_to(fpr: NDArray[np.float64], pro: NDArray[np.float64], limit: float) -> float:
    inside = int(np.searchsorted(fpr, limit, side="right"))
    at_limit = float(np.interp(limit, fpr, pro))
    x, y = np.append(fpr[:inside], limit), np.append(pro[:inside], at_limit)
    return float(trapezoid(y, x) / limit)


def _flat(images: Sequence[NDArray[Scalar]]) -> NDArray[Scalar]:
    return np.concatenate([image.ravel() for image in images])
