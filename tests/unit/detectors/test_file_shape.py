import io

import pytest
from PIL import Image

from detectors.file_shape import is_deep_colour, refuse_by_shape, refuse_by_signature
from storage.records import RejectReason

MOST_PIXELS = 4_000_000
TRUNCATED = RejectReason.TRUNCATED


def encoded(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 40).save(buffer, format=kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_whole_file_has_an_end_and_no_beginning_of_one_does(kind: str) -> None:
    data = encoded(kind)

    assert refuse_by_signature(data) is None
    assert refuse_by_shape(data, MOST_PIXELS) is None
    assert {refuse_by_shape(data[:length], MOST_PIXELS) for length in range(12, len(data), 7)} == {TRUNCATED}


def test_the_pixels_of_a_bitmap_are_left_to_its_decoder() -> None:
    data = encoded("BMP")

    assert refuse_by_signature(data) is None
    assert refuse_by_shape(data[:80], MOST_PIXELS) is None


def test_a_hole_counts_only_on_a_sector() -> None:
    start = b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00\xff\xda\x00\x02"
    before = bytes([1]) * (512 - len(start))

    assert refuse_by_shape(start + before + bytes(5000) + b"\x01\xff\xd9", MOST_PIXELS) is TRUNCATED
    assert refuse_by_shape(start + before + b"\x01" + bytes(5000) + b"\x01\xff\xd9", MOST_PIXELS) is None


def test_a_jpeg_without_a_scan_has_no_end() -> None:
    assert refuse_by_shape(b"\xff\xd8\xff\xd9", MOST_PIXELS) is TRUNCATED


def test_a_broken_length_ends_the_walk() -> None:
    assert refuse_by_shape(b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xffIDAT" + bytes(20), MOST_PIXELS) is TRUNCATED
    assert refuse_by_shape(b"\xff\xd8\xff\xe0\xff\xff", MOST_PIXELS) is TRUNCATED


def test_tells_deep_colour_from_deep_grey() -> None:
    grey = io.BytesIO()
    Image.new("I;16", (4, 4)).save(grey, format="PNG")
    grey.seek(0)

    assert not is_deep_colour(grey.getvalue(), Image.open(grey))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GIF89a" + bytes(40), RejectReason.FORMAT_NOT_ALLOWED),
        (b"P6 640 480 255 ", RejectReason.FORMAT_NOT_ALLOWED),
        (b"a letter to you", RejectReason.NOT_AN_IMAGE),
        (bytes(100), RejectReason.TRUNCATED),
        (b"RIFF", RejectReason.TRUNCATED),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", RejectReason.NOT_AN_IMAGE),
    ],
)
def test_says_why_a_beginning_is_refused(data: bytes, reason: RejectReason) -> None:
    assert refuse_by_signature(data) is reason
