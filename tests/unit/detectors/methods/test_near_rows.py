import numpy as np
import pytest

from detectors.methods.near_rows import NearRows


@pytest.mark.parametrize("in_bytes", [True, False])
@pytest.mark.parametrize(("rows", "queries"), [(1, 1), (300, 40), (500, 128), (77, 300)])
def test_finds_a_row_that_is_nearest_or_nearly_so(rows: int, queries: int, *, in_bytes: bool) -> None:
    generator = np.random.default_rng(0)
    bank = generator.normal(size=(rows, 20)).astype(np.float32) + 5
    asked = (bank[generator.integers(0, rows, queries)] + generator.normal(size=(queries, 20)) / 4).astype(np.float32)

    found = NearRows(bank, in_bytes=in_bytes).find(asked)

    distances = np.linalg.norm(asked[:, None].astype(float) - bank[None], axis=2)
    chosen = distances[np.arange(queries), found]
    assert found.shape == (queries,)
    assert (chosen <= distances.min(axis=1) * (1.05 if in_bytes else 1 + 1e-5)).all()


def test_rows_that_are_all_alike_are_found_too() -> None:
    assert NearRows(np.ones((3, 4), dtype=np.float32), in_bytes=True).find(np.zeros((2, 4), np.float32)).max() <= 2
