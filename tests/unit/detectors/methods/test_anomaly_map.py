import numpy as np

from detectors.methods.anomaly_map import compute_anomaly_map


def test_an_even_grid_stays_even() -> None:
    assert np.allclose(compute_anomaly_map(np.full((8, 8), 3.0, dtype=np.float32), 64), 3.0)


def test_a_peak_stays_where_it_is_and_spreads() -> None:
    patches = np.zeros((16, 16), dtype=np.float32)
    patches[4, 11] = 1

    found = compute_anomaly_map(patches, 128)

    row, column = np.unravel_index(int(found.argmax()), found.shape)
    assert abs(row - 36) <= 1
    assert abs(column - 92) <= 1
    assert 0.3 < found.max() < 1
    assert found[36, 92 - 12] > 0


def test_values_are_raw() -> None:
    patches = np.full((8, 8), 1e4, dtype=np.float32)

    assert np.allclose(compute_anomaly_map(patches, 32), 1e4)
