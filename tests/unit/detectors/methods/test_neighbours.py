import numpy as np

from detectors.methods.neighbours import Bank


def test_finds_the_nearest_by_plain_distance() -> None:
    generator = np.random.default_rng(0)
    rows, queries = generator.random((300, 20), dtype=np.float32), generator.random((40, 20), dtype=np.float32)
    expected = np.linalg.norm(queries[:, None].astype(float) - rows[None], axis=2)

    distances, indices = Bank(rows).nearest_neighbours(queries, 3)

    assert np.array_equal(indices, np.argsort(expected, axis=1)[:, :3])
    assert np.allclose(distances, np.sort(expected, axis=1)[:, :3], rtol=1e-6)


def test_a_row_is_at_no_distance_from_itself() -> None:
    rows = np.random.default_rng(0).random((2000, 30), dtype=np.float32) * 100

    distances, indices = Bank(rows).nearest_neighbours(rows, 1)

    assert distances.max() == 0
    assert np.array_equal(indices[:, 0], np.arange(2000))


def test_gives_no_more_neighbours_than_there_are_rows() -> None:
    distances, indices = Bank(np.zeros((2, 4), dtype=np.float32)).nearest_neighbours(
        np.ones((5, 4), dtype=np.float32), 9
    )

    assert distances.shape == indices.shape == (5, 2)
