import io

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from detectors import upright
from detectors.upright import load_as_stored, orientation_of, upright_bands, upright_size


def stored(mode: str, orientation: int, kind: str = "PNG") -> tuple[Image.Image, bytes]:
    values = np.arange(23 * 31, dtype=np.uint16).reshape(23, 31)
    picture = Image.fromarray(values) if mode == "I;16" else Image.fromarray((values % 251).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, exif=exif)
    found = Image.open(buffer)
    found.load()
    return found, buffer.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["L", "I;16"])
@pytest.mark.parametrize("band_pixels", [1, 100, 10_000])
def test_bands_together_are_the_upright_picture(
    monkeypatch: pytest.MonkeyPatch, mode: str, orientation: int, band_pixels: int
) -> None:
    monkeypatch.setattr(upright, "BAND_PIXELS", band_pixels)
    picture, data = stored(mode, orientation)

    lies = orientation_of(picture, data)
    found = np.concatenate([np.asarray(band) for band in upright_bands(picture, lies)])

    assert np.array_equal(found, np.asarray(ImageOps.exif_transpose(picture)))
    assert found.shape == upright_size(picture, orientation)


@pytest.mark.parametrize("orientation", [0, 9, 99])
def test_an_orientation_that_does_not_exist_turns_nothing(orientation: int) -> None:
    assert orientation_of(*stored("L", orientation)) == 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_what_exif_says_is_found_in_every_format_that_has_it(kind: str) -> None:
    _, data = stored("L", 6, kind)

    assert orientation_of(Image.open(io.BytesIO(data)), data) == 6


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", ["raw", "tiff_deflate"])
@pytest.mark.parametrize("pages", [1, 2])
def test_a_tiff_is_loaded_without_a_turned_copy_and_read_upright(
    orientation: int, compression: str, pages: int
) -> None:
    values = (np.arange(23 * 31 * 3) % 251).astype(np.uint8).reshape(23, 31, 3)
    buffer, page = io.BytesIO(), Image.fromarray(values)
    more = {"save_all": True, "append_images": [page] * (pages - 1)} if pages > 1 else {}
    page.save(buffer, format="TIFF", compression=compression, tiffinfo={0x0112: orientation}, **more)
    picture = Image.open(buffer)

    lies = load_as_stored(picture, buffer.getvalue())

    assert (lies, picture.size) == (orientation, (31, 23))
    found = np.concatenate([np.asarray(band) for band in upright_bands(picture, lies)])
    assert np.array_equal(found, np.asarray(ImageOps.exif_transpose(Image.open(buffer))))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_xmp_says_turns_nothing(kind: str) -> None:
    buffer = io.BytesIO()
    said = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", said.decode())
    options = {"pnginfo": text} if kind == "PNG" else {"xmp": said}
    Image.new("RGB", (30, 20)).save(buffer, format=kind, **options)

    picture = Image.open(buffer)

    assert picture.getexif()[0x0112] == 6
    assert orientation_of(picture, buffer.getvalue()) == 1
