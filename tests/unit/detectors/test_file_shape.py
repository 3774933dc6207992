import io

import pytest
from PIL import Image

from detectors.file_shape import has_end, is_deep_colour, refuse_by_signature
from storage.records import RejectReason


def encoded(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 40).save(buffer, format=kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_whole_file_has_an_end_and_no_beginning_of_one_does(kind: str) -> None:
    data = encoded(kind)

    assert refuse_by_signature(data) is None
    assert has_end(data, kind)
    assert not any(has_end(data[:length], kind) for length in range(12, len(data), 7))


@pytest.mark.parametrize("kind", ["TIFF", "BMP"])
def test_a_format_without_an_end_mark_is_left_to_its_decoder(kind: str) -> None:
    data = encoded(kind)

    assert refuse_by_signature(data) is None
    assert has_end(data[:50], kind)


def test_a_hole_counts_only_on_a_sector() -> None:
    start = b"\xff\xd8\xff\xda\x00\x02"
    before = bytes([1]) * (512 - len(start))

    assert not has_end(start + before + bytes(5000) + b"\x01\xff\xd9", "JPEG")
    assert has_end(start + before + b"\x01" + bytes(5000) + b"\x01\xff\xd9", "JPEG")


def test_a_jpeg_without_a_scan_has_no_end() -> None:
    assert not has_end(b"\xff\xd8\xff\xd9", "JPEG")


def test_a_broken_length_ends_the_walk() -> None:
    assert not has_end(b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xffIDAT" + bytes(20), "PNG")
    assert not has_end(b"\xff\xd8\xff\xe0\xff\xff", "JPEG")


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
