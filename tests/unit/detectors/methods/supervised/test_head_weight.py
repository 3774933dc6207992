import math

import numpy as np
import pytest

from detectors.methods.supervised.head_weight import WEIGHTS, Round, choose_weight, combine, outranked

NORMALS = 40


def make_round(base: list[float], head: list[float], *, seed: int = 0) -> Round:
    """Standardised scores of 40 normals and of as many defects as given."""
    normals = np.random.default_rng(seed).normal(size=(2, NORMALS)).astype(np.float32)
    return normals, np.array([base, head], dtype=np.float32)


BLIND = make_round([0.0, 0.1, -0.2, 0.3, 0.0, 0.2], [4.0, 5.0, 3.5, 4.2, 3.9, 4.4])
SHARP = make_round([4.0, 5.0, 3.5, 4.2, 3.9, 4.4], [-1.0, -0.5, 0.0, -2.0, -0.3, -1.0])


def test_a_head_that_sees_what_the_base_does_not_is_heard() -> None:
    choice = choose_weight([BLIND], [], drawn_share=1.0)

    assert choice.weight >= 1
    assert choice.auroc_with > 0.9 > choice.auroc_without
    assert "raise the cross-validated AUROC" in choice.sentence


def test_a_head_that_only_troubles_the_base_is_not_heard() -> None:
    troubled = make_round([1.5, 1.2, 1.8, 1.4, 1.6, 1.3], [-1.0, -0.5, 0.0, -2.0, -0.3, -1.0])

    choice = choose_weight([troubled], [], drawn_share=0.0)

    assert choice.weight == 0
    assert choice.auroc_with == choice.auroc_without
    assert choice.sentence.startswith("The labels are not used")


def test_takes_no_weight_that_costs_rank_among_kinds_it_has_not_seen() -> None:
    costly = make_round([1.5, 1.2, 1.8, 1.4, 1.6, 1.3], [-1.0] * 6)

    assert choose_weight([BLIND], [], drawn_share=1.0).weight > 0
    assert choose_weight([BLIND], [costly], drawn_share=1.0).weight == 0


def test_of_equals_the_smallest_weight_wins() -> None:
    choice = choose_weight([SHARP], [], drawn_share=0.0)

    assert (choice.weight, choice.auroc_without) == (0.0, 1.0)


def test_a_gain_that_hangs_on_one_defect_is_not_believed() -> None:
    lucky = make_round([1.5] * 9 + [-0.5], [-1.0] * 9 + [3.0])

    assert choose_weight([lucky], [], drawn_share=0.0).weight == 0


def test_drawn_defects_are_given_an_advance() -> None:
    even = make_round([6.0] * 6, [3.0] * 6)

    assert choose_weight([even], [], drawn_share=0.0).weight == 0
    assert choose_weight([even], [], drawn_share=1.0).weight == 1
    assert "weight 1" in choose_weight([even], [], drawn_share=1.0).sentence


@pytest.mark.parametrize("defects", [0, 1])
def test_uses_no_label_where_there_are_fewer_than_two(defects: int) -> None:
    rounds = [make_round([0.0] * defects, [9.0] * defects)] if defects else []

    choice = choose_weight(rounds, [], drawn_share=1.0)

    assert choice.weight == 0
    assert math.isnan(choice.auroc_without)
    assert choice.sentence == "Fewer than 2 labelled defects: the labels are not used."


def test_a_head_only_raises() -> None:
    base, head = np.array([1.0, 2.0, 3.0], np.float32), np.array([-5.0, 0.0, 2.0], np.float32)

    assert combine(base, head, 0.5).tolist() == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("weight", WEIGHTS)
def test_counts_the_normals_below_each_defect_and_ties_as_half(weight: float) -> None:
    normals = np.array([[0.0, 1.0, 2.0, 3.0], [0.0] * 4], np.float32)
    defects = np.array([[2.0, 9.0], [-1.0, -1.0]], np.float32)

    assert outranked(normals, defects, weight).tolist() == [0.625, 1.0]
