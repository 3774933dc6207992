import numpy as np
import pytest

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


@pytest.mark.parametrize("highest", [1, 5, 40, 300])
def test_the_highest_distances_are_exact_and_no_other_is_too_small(highest: int) -> None:
    generator = np.random.default_rng(1)
    rows, queries = generator.random((400, 16), dtype=np.float32), generator.random((300, 16), dtype=np.float32)
    exact = np.linalg.norm(queries[:, None].astype(float) - rows[None], axis=2).min(axis=1)

    distances, indices = Bank(rows).highest_exact(queries, highest)

    assert np.allclose(np.sort(distances)[-highest:], np.sort(exact)[-highest:], rtol=1e-6)
    assert (distances >= exact * (1 - 1e-6)).all()
    assert np.allclose(distances, np.linalg.norm(queries - rows[indices], axis=1), rtol=1e-5)


def test_a_poor_first_search_costs_time_and_never_exactness(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(2)
    rows, queries = generator.random((200, 8), dtype=np.float32), generator.random((150, 8), dtype=np.float32)
    bank = Bank(rows)
    monkeypatch.setattr(bank._near, "find", lambda asked: np.zeros(len(asked), dtype=np.int64))

    distances, _ = bank.highest_exact(queries, 3)

    exact = np.linalg.norm(queries[:, None].astype(float) - rows[None], axis=2).min(axis=1)
    assert np.allclose(np.sort(distances)[-3:], np.sort(exact)[-3:], rtol=1e-6)


def test_the_nearest_of_all_is_exact() -> None:
    generator = np.random.default_rng(3)
    rows, queries = generator.random((200, 8), dtype=np.float32), generator.random((150, 8), dtype=np.float32)

    exact = np.linalg.norm(queries[:, None].astype(float) - rows[None], axis=2).min(axis=1)

    assert np.allclose(Bank(rows).nearest(queries), exact, rtol=1e-5)
