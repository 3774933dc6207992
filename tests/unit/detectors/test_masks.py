from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detectors.decode import Decoder
from detectors.masks import MaskError, read_mask


def write_mask(path: Path, *, drawn: int = 255, third: int | None = None) -> Path:
    pixels = np.zeros((40, 60), dtype=np.uint8)
    pixels[10:20, 30:60] = drawn
    if third is not None:
        pixels[0, 0] = third
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize("drawn", [1, 128, 255])
def test_reads_a_drawing_in_any_one_colour_at_the_shape_of_a_map(tmp_path: Path, decoder: Decoder, drawn: int) -> None:
    mask = read_mask(write_mask(tmp_path / "a_mask.png", drawn=drawn), decoder, size=(40, 60), shape=(20, 20))

    expected = np.zeros((20, 20), dtype=bool)
    expected[5:10, 10:20] = True
    assert np.array_equal(mask, expected)


def test_an_empty_drawing_marks_nothing(tmp_path: Path, decoder: Decoder) -> None:
    mask = read_mask(write_mask(tmp_path / "a.png", drawn=0), decoder, size=(40, 60), shape=(8, 8))

    assert not mask.any()


def test_refuses_a_drawing_of_another_size_by_name(tmp_path: Path, decoder: Decoder) -> None:
    with pytest.raises(MaskError, match=r"a_mask\.png is 60 x 40 px and its image 61 x 40"):
        read_mask(write_mask(tmp_path / "a_mask.png"), decoder, size=(40, 61), shape=(8, 8))


def test_refuses_a_drawing_in_more_than_two_values_by_name(tmp_path: Path, decoder: Decoder) -> None:
    with pytest.raises(MaskError, match=r"a_mask\.png holds more than two values"):
        read_mask(write_mask(tmp_path / "a_mask.png", third=100), decoder, size=(40, 60), shape=(8, 8))


def test_refuses_a_file_that_is_no_image_by_name(tmp_path: Path, decoder: Decoder) -> None:
    (tmp_path / "a_mask.png").write_bytes(b"no picture")

    with pytest.raises(MaskError, match=r"a_mask\.png cannot be read"):
        read_mask(tmp_path / "a_mask.png", decoder, size=(40, 60), shape=(8, 8))
