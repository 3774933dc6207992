import numpy as np
import pytest
from PIL import Image, ImageOps

from detectors import upright
from detectors.upright import orientation_of, upright_bands, upright_size


def stored(mode: str, orientation: int) -> Image.Image:
    values = np.arange(23 * 31, dtype=np.uint16).reshape(23, 31)
    picture = Image.fromarray(values) if mode == "I;16" else Image.fromarray((values % 251).astype(np.uint8))
    exif = picture.getexif()
    exif[0x0112] = orientation
    return picture


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["L", "I;16"])
@pytest.mark.parametrize("band_pixels", [1, 100, 10_000])
def test_bands_together_are_the_upright_picture(
    monkeypatch: pytest.MonkeyPatch, mode: str, orientation: int, band_pixels: int
) -> None:
    monkeypatch.setattr(upright, "BAND_PIXELS", band_pixels)
    picture = stored(mode, orientation)

    found = np.concatenate([np.asarray(band) for band in upright_bands(picture, orientation_of(picture))])

    assert np.array_equal(found, np.asarray(ImageOps.exif_transpose(picture)))
    assert found.shape == upright_size(picture, orientation)


@pytest.mark.parametrize("orientation", [0, 9, 99])
def test_an_orientation_that_does_not_exist_turns_nothing(orientation: int) -> None:
    assert orientation_of(stored("L", orientation)) == 1
