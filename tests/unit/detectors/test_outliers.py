import numpy as np
import pytest

from detectors.outliers import find_oddest, robust_cut


def test_the_cut_is_so_many_deviations_above_the_median() -> None:
    scores = np.random.default_rng(0).normal(10, 2, 100_000)

    assert robust_cut(scores.tolist(), 3.5) == pytest.approx(10 + 3.5 * 2, rel=0.01)


def test_a_few_odd_scores_hardly_move_the_cut() -> None:
    normal = np.random.default_rng(0).normal(10, 2, 200).tolist()

    assert robust_cut([*normal, *[1000.0] * 20], 3.5) < robust_cut(normal, 3.5) * 1.1


def test_names_what_stands_out_oddest_first() -> None:
    scores = [1 + 0.01 * (index % 5) for index in range(30)]
    scores[7], scores[12] = 3.0, 9.0

    assert find_oddest(range(100, 130), scores) == [112, 107]


def test_names_five_at_most() -> None:
    scores = [3.0 + index if index < 8 else 1 + 0.01 * (index % 5) for index in range(60)]

    assert find_oddest(range(60), scores) == [7, 6, 5, 4, 3]


def test_names_nobody_among_even_scores() -> None:
    normal = np.random.default_rng(0).normal(10, 2, 200)

    assert find_oddest(range(200), normal.tolist()) == []
    assert find_oddest([], []) == []
