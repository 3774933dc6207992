from pathlib import Path

import numpy as np

from detectors.baselines import TrivialFigures, measure_trivial, trivial_aurocs


def test_measures_light_and_file(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(b"12345")
    pixels = np.zeros((2, 2, 3), dtype=np.uint8)
    pixels[0] = 100

    assert measure_trivial(pixels, tmp_path / "image.png") == TrivialFigures(50.0, 50.0, 5.0)


def test_reads_a_figure_in_the_direction_that_tells_more() -> None:
    dark_and_large = TrivialFigures(10.0, 5.0, 900.0)
    bright_and_small = TrivialFigures(90.0, 5.0, 100.0)

    found = trivial_aurocs([1, 1, 0], [dark_and_large, dark_and_large, bright_and_small])

    assert found == {"mean_brightness": 1.0, "standard_deviation": 0.5, "file_size": 1.0}
