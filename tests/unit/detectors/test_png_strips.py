import io
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from config.sources import LimitSettings
from detectors import png_strips
from detectors.decode import DecodeError, Decoder
from detectors.image_file import FileLimits, RejectedError, open_image, read_image
from detectors.pixels import PixelRule, PixelsError
from detectors.png_strips import library, open_strips
from storage.records import RejectReason
from tests.bad_files.expected import scene
from tests.bad_files.pngs import (
    COLOUR,
    COLOUR_ALPHA,
    GREY_ALPHA,
    START,
    chunk,
    exif,
    flat,
    header,
    interlaced,
    plain,
    png,
)

LIMITS = FileLimits(max_bytes=64_000_000, max_pixels=50_000_000, max_aspect=50)
RULE = PixelRule(None)
WIDE, HIGH = 3000, 2800
NOISE = np.random.default_rng(5).integers(0, 65_536, (40, 60, 4))


@pytest.fixture
def whatever_size(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(png_strips, "LARGE_PIXELS", 1)
    yield
    library.cache_clear()


def read(path: Path, data: bytes) -> np.ndarray:
    path.write_bytes(data)
    return read_image(path, LIMITS, None).pixels


def is_taken(data: bytes) -> bool:
    with Image.open(io.BytesIO(data)) as image:
        return open_strips(data, image, 1, RULE) is not None


def saved(mode: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray((NOISE[:, :, 0] // 257).astype(np.uint8)).convert(mode).save(buffer, format="PNG", **options)
    return buffer.getvalue()


def stored(depth: int, kind: int) -> bytes:
    values = NOISE[:, :, : {COLOUR: 3, GREY_ALPHA: 2, COLOUR_ALPHA: 4}[kind]]
    return png(flat(values if depth == 16 else values >> 8), depth, kind)


PLAIN = {
    "grey": saved("L"),
    "interlaced": interlaced(),
    "with-a-text": plain(before=[chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(500_000)))]),
    **{f"{depth}-{kind}": stored(depth, kind) for depth in (8, 16) for kind in (COLOUR, GREY_ALPHA, COLOUR_ALPHA)},
    **{f"turned-{number}": plain(before=[chunk(b"eXIf", exif(number))]) for number in range(1, 9)},
}


@pytest.mark.parametrize("data", PLAIN.values(), ids=PLAIN)
def test_shows_what_the_other_decoder_shows(
    tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    other = read(tmp_path / "file", data)
    request.getfixturevalue("whatever_size")
    monkeypatch.setattr("detectors.png_strips.BAND_PIXELS", 7 * 60)

    assert is_taken(data)
    assert np.array_equal(read(tmp_path / "file", data), other)


@pytest.mark.usefixtures("whatever_size")
@pytest.mark.parametrize(
    "data",
    [
        saved("P"),
        saved("1"),
        saved("I;16"),
        saved("L", transparency=7),
        saved("RGB", save_all=True, append_images=[Image.new("RGB", (60, 40))]),
    ],
    ids=["palette", "two-values", "grey-16", "transparent-value", "animated"],
)
def test_leaves_what_needs_the_other_decoder(data: bytes) -> None:
    assert not is_taken(data)


def test_leaves_what_is_not_large() -> None:
    assert not is_taken(plain())


@pytest.mark.usefixtures("whatever_size")
def test_leaves_all_where_its_library_is_not_to_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library.cache_clear()
    monkeypatch.setitem(sys.modules, "pyvips", None)

    assert not is_taken(plain())
    assert np.array_equal(read(tmp_path / "file", plain()), scene())


@pytest.mark.usefixtures("whatever_size")
def test_deep_colour_has_to_fit_the_declared_depth_before_any_of_it_is_handed_out() -> None:
    data = stored(16, COLOUR)

    with Image.open(io.BytesIO(data)) as image, pytest.raises(PixelsError, match="12 bits"):
        open_strips(data, image, 1, PixelRule(12, is_deep_colour=True))


@pytest.mark.usefixtures("whatever_size")
@pytest.mark.parametrize("orientation", [1, 6])
def test_data_that_end_early_are_no_picture(tmp_path: Path, orientation: int) -> None:
    rows = b"".join(b"\0" + row.tobytes() for row in scene()[:30])
    head = START + header(8, COLOUR) + chunk(b"eXIf", exif(orientation))
    (tmp_path / "file").write_bytes(head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND"))

    with pytest.raises(RejectedError) as caught:
        list(open_image(tmp_path / "file", LIMITS, None).bands())

    assert caught.value.reason is RejectReason.TRUNCATED


def large(rows: int) -> bytes:
    """Return a picture of HIGH rows that has data for some of them."""
    row = b"\0" + bytes(range(250)) * (WIDE * 3 // 250)
    head = START + header(8, COLOUR, width=WIDE, height=HIGH)
    return head + chunk(b"IDAT", zlib.compress(row * rows, 1)) + chunk(b"IEND")


def test_a_picture_that_breaks_off_below_its_first_rows_leaves_the_next_one_alone(tmp_path: Path) -> None:
    (tmp_path / "whole").write_bytes(large(HIGH))
    (tmp_path / "half").write_bytes(large(HIGH // 2))
    with Decoder(LimitSettings()) as decoder:
        whole = decoder.decode(tmp_path / "whole")
        child = decoder.pid
        with pytest.raises(DecodeError) as caught:
            decoder.decode(tmp_path / "half")
        again = decoder.decode(tmp_path / "whole")
        children = child, decoder.pid

    assert caught.value.reason is RejectReason.TRUNCATED
    assert children[0] == children[1]
    assert whole.pixels.shape == (HIGH, WIDE, 3)
    assert np.array_equal(whole.pixels[-1].ravel()[:250], np.arange(250))
    assert np.array_equal(again.pixels, whole.pixels)
