import pytest
import torch

from detectors.methods.sampling.predictor import (
    ANNEALED,
    PROFILE,
    TURNS,
    Marks,
    build_predictor,
    normal_weight_at,
    turn,
    weighted_loss,
)


def make_marks() -> Marks:
    is_defect = torch.zeros(1, 4, 4, dtype=torch.bool)
    is_defect[0, 0, 0] = True
    is_normal = ~is_defect
    is_normal[0, 0, 1] = False
    return Marks(is_defect, is_normal)


def test_reads_profiles_cell_by_cell() -> None:
    assert build_predictor()(torch.rand(2, PROFILE, 12, 12)).shape == (2, 1, 12, 12)


def test_weighs_a_normal_cell_and_leaves_the_rim_out() -> None:
    log_odds = torch.zeros(1, 4, 4)
    log_odds[0, 0, 0] = 20.0
    log_odds[0, 0, 1] = 20.0

    loss = weighted_loss(log_odds, make_marks(), 0.5)

    assert float(loss) == pytest.approx(0.5 * 14 * 0.693147 / (1 + 0.5 * 14), rel=1e-4)


def test_lets_the_weight_of_normal_cells_fall_to_the_share_of_defects_and_no_further() -> None:
    weights = [normal_weight_at(done, 0.02) for done in (0.0, ANNEALED / 2, ANNEALED, 1.0)]

    assert weights == pytest.approx([1.0, 0.5, 0.02, 0.02])
    assert make_marks().defect_share == pytest.approx(1 / 15)


def test_turns_a_square_in_eight_different_ways() -> None:
    plane = torch.arange(9).reshape(1, 3, 3)

    ways = {tuple(turn(plane, number).flatten().tolist()) for number in range(TURNS)}

    assert len(ways) == 8
    assert all(sorted(way) == list(range(9)) for way in ways)
