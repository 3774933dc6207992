import numpy as np
import pytest

from detectors.methods.port import MethodError, PatchGrid
from detectors.methods.supervised.patch_head import (
    LabelledRows,
    PatchHead,
    average_heads,
    train_head,
    with_surroundings,
)


def make_grid(seed: int = 0, *, height: int = 4, width: int = 6) -> PatchGrid:
    rows = np.random.default_rng(seed).normal(size=(height * width, 3)).astype(np.float32)
    return PatchGrid(rows, height, width)


def make_examples(*, spoil: bool = False) -> LabelledRows:
    """Defective where the first number is large."""
    rows = np.random.default_rng(0).normal(size=(400, 6)).astype(np.float32)
    is_defect = rows[:, 0] > 1
    if spoil:
        rows[:, 1] = np.nan
    return LabelledRows(rows, is_defect, np.where(is_defect, 1 / is_defect.sum(), 1 / (~is_defect).sum()))


def train(seed: int = 0, *, steps: int = 120) -> PatchHead:
    return train_head(make_examples(), np.zeros(6, np.float32), np.ones(6, np.float32), seed=seed, steps=steps)


def test_puts_a_patch_beside_the_mean_around_it() -> None:
    grid = make_grid()

    rows = with_surroundings(grid)

    planes = grid.rows.reshape(4, 6, 3)
    assert rows.shape == (24, 6)
    assert np.array_equal(rows[:, :3], grid.rows)
    assert np.allclose(rows[0, 3:], planes[:3, :3].mean(axis=(0, 1)), atol=1e-6)
    assert np.allclose(rows[8, 3:], planes[:4, :5].mean(axis=(0, 1)), atol=1e-6)


def test_learns_what_makes_a_patch_defective() -> None:
    grid = make_grid(3, height=20, width=20)

    odds = train().log_odds(grid).ravel()

    assert odds[grid.rows[:, 0] > 1.5].min() > odds[grid.rows[:, 0] < 0.5].max()


def test_scores_the_same_after_a_restore() -> None:
    head = train(steps=3)

    restored = PatchHead.restore(head.arrays())

    assert np.array_equal(restored.log_odds(make_grid()), head.log_odds(make_grid()))


def test_the_seed_alone_decides() -> None:
    odds = [train(seed, steps=3).log_odds(make_grid()) for seed in (1, 1, 2)]

    assert np.array_equal(odds[0], odds[1])
    assert not np.array_equal(odds[0], odds[2])


def test_an_average_says_the_mean_of_what_its_heads_say() -> None:
    heads = [train(seed, steps=5) for seed in range(3)]

    averaged = average_heads(heads).log_odds(make_grid())

    assert np.allclose(averaged, np.mean([head.log_odds(make_grid()) for head in heads], axis=0), atol=1e-5)


def test_stops_where_the_loss_is_not_a_number() -> None:
    with pytest.raises(MethodError, match="stopped at step 0: its loss is not a number"):
        train_head(make_examples(spoil=True), np.zeros(6, np.float32), np.ones(6, np.float32), seed=0)
