import numpy as np
import pytest
from scipy import ndimage
from sklearn.metrics import roc_auc_score

from detectors.metrics import (
    aupro,
    average_precision,
    bootstrap_interval,
    f1_max,
    image_auroc,
    is_peak_inside,
    pixel_auroc,
    precision_recall_points,
    roc_points,
)


@pytest.fixture(params=[None, 8], ids=["distinct", "tied"])
def maps_and_masks(request: pytest.FixtureRequest) -> tuple[list[np.ndarray], list[np.ndarray]]:
    generator = np.random.default_rng(0)
    masks = [ndimage.gaussian_filter(generator.random((20, 24)), 2) > 0.52 for _ in range(5)]
    maps = [(generator.random((20, 24)) + 0.3 * mask).astype(np.float32) for mask in masks]
    levels = request.param
    return ([np.round(one * levels) for one in maps] if levels else maps), masks


def test_perfect_scores_are_perfect() -> None:
    labels, scores = [0, 0, 1, 1], [1.0, 2.0, 3.0, 4.0]

    assert image_auroc(labels, scores) == average_precision(labels, scores) == f1_max(labels, scores) == 1.0


def test_ties_count_as_half() -> None:
    assert image_auroc([0, 1], [5.0, 5.0]) == 0.5


def test_the_best_f1_is_over_all_thresholds() -> None:
    assert f1_max([0, 1, 0, 1], [1.0, 2.0, 3.0, 4.0]) == pytest.approx(0.8)


def test_scores_far_apart_are_not_clamped() -> None:
    assert image_auroc([0, 1, 1], [1.5, 1.6, 1e9]) == 1.0


def test_pixel_auroc_is_that_of_all_pixels(maps_and_masks: tuple[list[np.ndarray], list[np.ndarray]]) -> None:
    maps, masks = maps_and_masks
    expected = roc_auc_score(np.concatenate([m.ravel() for m in masks]), np.concatenate([m.ravel() for m in maps]))

    assert pixel_auroc(maps, masks) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("limit", [0.05, 0.3, 1.0])
def test_aupro_is_that_of_every_threshold_in_turn(
    maps_and_masks: tuple[list[np.ndarray], list[np.ndarray]], limit: float
) -> None:
    maps, masks = maps_and_masks

    assert aupro(maps, masks, limit) == pytest.approx(plain_aupro(maps, masks, limit), abs=1e-9)


def plain_aupro(maps: list[np.ndarray], masks: list[np.ndarray], limit: float) -> float:
    fpr, pro = [0.0], [0.0]
    for threshold in np.unique(np.concatenate([one.ravel() for one in maps]))[::-1]:
        overlaps, false, normal = [], 0, 0
        for one, mask in zip(maps, masks, strict=True):
            labels, count = ndimage.label(mask, np.ones((3, 3)))
            overlaps += [(one[labels == number] >= threshold).mean() for number in range(1, count + 1)]
            false, normal = false + ((one >= threshold) & ~mask).sum(), normal + (~mask).sum()
        fpr.append(false / normal)
        pro.append(float(np.mean(overlaps)))
    inside = np.asarray(fpr) <= limit
    x = np.append(np.asarray(fpr)[inside], limit)
    y = np.append(np.asarray(pro)[inside], np.interp(limit, fpr, pro))
    return float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum() / limit)


@pytest.mark.parametrize("levels", [2, 3, 5, 40])
@pytest.mark.parametrize("seed", range(4))
def test_aupro_is_that_of_a_plain_loop_where_most_scores_are_tied(levels: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    masks = [generator.random((13, 17)) > share for share in (0.7, 0.95, 2.0)]
    maps = [generator.integers(0, levels, mask.shape).astype(np.float32) for mask in masks]

    assert aupro(maps, masks) == pytest.approx(plain_aupro(maps, masks, 0.3), abs=1e-6)


def test_aupro_weighs_a_small_region_like_a_large_one() -> None:
    mask = np.zeros((20, 20), dtype=bool)
    mask[2:12, 2:12] = True
    mask[17, 17] = True
    found_large = np.where(mask, 1.0, 0.0).astype(np.float32)
    found_large[17, 17] = -1

    assert aupro([found_large], [mask]) == pytest.approx(0.5, abs=0.01)


def test_the_interval_holds_the_area_and_follows_the_seed() -> None:
    generator = np.random.default_rng(1)
    labels = np.repeat([0, 1], [40, 60])
    scores = generator.normal(labels, 1)

    low, high = bootstrap_interval(labels, scores, seed=3)

    assert low < image_auroc(labels, scores) < high
    assert 0.1 < high - low < 0.3
    assert (low, high) == bootstrap_interval(labels, scores, seed=3)


def test_the_roc_curve_encloses_the_area() -> None:
    labels, scores = [0, 1, 0, 1, 1], [1.0, 2.0, 3.0, 3.0, 5.0]

    rates, recalls = roc_points(labels, scores)

    assert (rates[0], recalls[0], rates[-1], recalls[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(recalls, rates) == pytest.approx(image_auroc(labels, scores))


def test_the_precision_recall_curve_goes_from_no_recall_to_all() -> None:
    recalls, precisions = precision_recall_points([0, 1, 1], [2.0, 1.0, 3.0])

    assert (recalls[0], recalls[-1]) == (0, 1)
    assert (precisions[0], precisions[-1]) == (1, pytest.approx(2 / 3))


@pytest.mark.parametrize(("row", "is_inside"), [(10, True), (13, True), (14, False), (7, True), (6, False)])
def test_a_peak_within_the_margin_of_a_mask_is_inside(row: int, is_inside: bool) -> None:  # noqa: FBT001 - a case
    anomaly_map, mask = np.zeros((20, 20), dtype=np.float32), np.zeros((20, 20), dtype=bool)
    anomaly_map[row, 3] = 1
    mask[10, 0:3] = True

    assert is_peak_inside(anomaly_map, mask, margin=3) is is_inside
