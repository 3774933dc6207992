import numpy as np

from detectors.methods.port import PatchGrid
from detectors.training_patches import TrainingPatches


def grid(seed: int) -> PatchGrid:
    return PatchGrid(np.random.default_rng(seed).random((64, 10), dtype=np.float32), 8, 8)


def never() -> PatchGrid:
    message = "asked again for nothing"
    raise AssertionError(message)


def test_keeps_everything_that_fits() -> None:
    patches = TrainingPatches(2, seed=0, memory_bytes=2 * 64 * 10 * 4)
    patches.add(grid(1))

    assert np.array_equal(patches.grid(0, never).rows, grid(1).rows)


def test_thins_every_image_where_all_would_not_fit() -> None:
    patches = TrainingPatches(100, seed=0, memory_bytes=100 * 16 * 10 * 4)
    for seed in range(100):
        patches.add(grid(seed))

    assert {len(rows) for rows in patches.rows} == {16}
    assert sum(rows.nbytes for rows in patches.rows) <= 100 * 16 * 10 * 4
    assert patches.origins[3].image == 3
    assert np.array_equal(patches.rows[3], grid(3).rows[patches.origins[3].patches])
    assert np.array_equal(patches.grid(3, lambda: grid(3)).rows, grid(3).rows)
