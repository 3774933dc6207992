import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.expected_cost import Prices, expected_costs, find_least_cost, recall_at

NORMALS = [1.0, 2.0, 3.0, 4.0]
DEFECTS = [3.5, 8.0, 9.0]


def test_weighs_misses_by_their_cost_and_their_rate() -> None:
    costs = expected_costs([3.0, 5.0], NORMALS, DEFECTS, Prices(miss_cost=20, defect_rate=0.1))

    assert costs.tolist() == pytest.approx([2 * 1 / 4 + 0.9 * 2 / 5, 2 * 2 / 4 + 0.9 * 1 / 5])


@pytest.mark.parametrize(("miss_cost", "threshold", "recall"), [(0.1, 6.0, 2 / 3), (20, 3.25, 1.0)])
def test_dear_misses_lower_the_threshold(miss_cost: float, threshold: float, recall: float) -> None:
    found = find_least_cost(NORMALS, DEFECTS, Prices(miss_cost, defect_rate=0.1))

    assert found.threshold == threshold
    assert found.recall == pytest.approx(recall)


def test_lies_midway_where_normals_and_defects_are_far_apart() -> None:
    assert find_least_cost([1.0, 2.0], [10.0, 11.0], Prices(10, 0.01)).threshold == 6.0


def test_never_lies_below_every_normal() -> None:
    assert find_least_cost([5.0, 6.0], [1.0, 4.9], Prices(1e9, 0.01)).threshold >= 5.0


finite = st.floats(-1e3, 1e3).map(lambda value: round(value, 3))


@given(st.lists(finite, min_size=2, max_size=30), st.lists(finite, min_size=1, max_size=30), st.floats(0.01, 1e4))
def test_no_other_threshold_from_the_lowest_normal_up_is_cheaper(
    normals: list[float], defects: list[float], miss_cost: float
) -> None:
    prices = Prices(miss_cost, 0.01)

    found = find_least_cost(normals, defects, prices)

    others = [one for one in [*normals, *defects] if one >= min(normals)]
    below_the_top = [one for one in others if one < max([*normals, *defects])]
    assert found.cost <= expected_costs(below_the_top or [min(normals)], normals, defects, prices).min() + 1e-9
    assert found.recall == recall_at(found.threshold, defects)
    assert np.isfinite(found.threshold)
