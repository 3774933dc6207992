import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from detectors.methods.anomaly_map import compute_anomaly_map, shown_around


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


@pytest.mark.parametrize(("patches", "side"), [(12, 96), (40, 96), (32, 256)])
def test_what_is_shown_around_is_all_that_decides_the_map_there(patches: int, side: int) -> None:
    generator = np.random.default_rng(0)
    bounds = generator.random((patches, patches), dtype=np.float32)
    bounds[3, 4] = 9.0
    matter = shown_around(bounds > 1, side)
    exact = np.where(matter, bounds, bounds - 0.5).astype(np.float32)

    before, after = compute_anomaly_map(bounds, side), compute_anomaly_map(exact, side)

    assert not matter.all()
    assert np.array_equal(before[before > 1], after[before > 1])


def test_the_map_is_bilinear_and_then_smoothed() -> None:
    patches = np.random.default_rng(1).random((6, 9), dtype=np.float32)
    large = np.asarray(Image.fromarray(patches).resize((72, 72), Image.Resampling.BILINEAR))

    assert np.allclose(compute_anomaly_map(patches, 72), gaussian_filter(large, sigma=4.0), atol=1e-5)
