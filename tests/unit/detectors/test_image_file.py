import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detectors.image_file import FileLimits, ReadImage, RejectedError, read_image
from storage.records import RejectReason
from tests.plates import SIDE, make_plate

LIMITS = FileLimits(max_bytes=10_000_000, max_pixels=4_000_000, max_aspect=50)


def read(path: Path, *, bit_depth: int | None = None, limits: FileLimits = LIMITS) -> ReadImage:
    return read_image(path, limits, bit_depth)


def reason_of(path: Path, *, bit_depth: int | None = None, limits: FileLimits = LIMITS) -> RejectReason:
    with pytest.raises(RejectedError) as caught:
        read(path, bit_depth=bit_depth, limits=limits)
    return caught.value.reason


def reason_of_bytes(tmp_path: Path, data: bytes) -> RejectReason:
    (tmp_path / "image").write_bytes(data)
    return reason_of(tmp_path / "image")


def encoded(kind: str, *, picture: Image.Image | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    (picture or make_plate(1)).save(buffer, format=kind, **options)
    return buffer.getvalue()


def test_refuses_what_is_no_regular_file(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "real.png").write_bytes(encoded("PNG"))
    (tmp_path / "link.png").symlink_to(tmp_path / "real.png")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")

    reasons = {reason_of(tmp_path / name) for name in ("folder.jpg", "pipe.jpg", "link.png", "loop.png")}

    assert reasons == {RejectReason.NOT_A_REGULAR_FILE}
    assert reason_of(Path("/dev/zero")) is RejectReason.NOT_A_REGULAR_FILE


def test_refuses_what_is_not_there(tmp_path: Path) -> None:
    assert reason_of(tmp_path / "gone.png") is RejectReason.UNREADABLE
    assert reason_of(tmp_path / "a\0b.png") is RejectReason.UNREADABLE


def test_refuses_an_empty_file(tmp_path: Path) -> None:
    assert reason_of_bytes(tmp_path, b"") is RejectReason.EMPTY


def test_refuses_a_file_past_the_size_limit(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded("PNG"))

    assert reason_of(tmp_path / "a.png", limits=FileLimits(1000, 4_000_000, 50)) is RejectReason.TOO_LARGE


@pytest.mark.parametrize(
    "data",
    [
        b"hello, I am a text\n" * 20,
        b"BMW makes cars, and this is not a bitmap" * 9,
        b"\x00\x01\x02\x03" * 99,
        b"\x7fELF" * 99,
    ],
)
def test_refuses_what_is_no_image(tmp_path: Path, data: bytes) -> None:
    assert reason_of_bytes(tmp_path, data) is RejectReason.NOT_AN_IMAGE


@pytest.mark.parametrize(
    "data",
    [
        encoded("GIF"),
        encoded("PPM"),
        encoded("ICO"),
        b"%PDF-1.7" + b"x" * 99,
        b"\x00\x00\x00\x18ftypheic" + b"\x00" * 99,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0",
    ],
)
def test_names_a_format_that_is_not_allowed(tmp_path: Path, data: bytes) -> None:
    assert reason_of_bytes(tmp_path, data) is RejectReason.FORMAT_NOT_ALLOWED


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP", "WEBP"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_refuses_a_file_cut_short(tmp_path: Path, kind: str, share: float) -> None:
    data = encoded(kind)

    assert reason_of_bytes(tmp_path, data[: int(len(data) * share)]) is RejectReason.TRUNCATED


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_refuses_a_file_whose_second_half_is_zeros(tmp_path: Path, kind: str) -> None:
    data = encoded(kind, quality=95, picture=make_plate(1).resize((400, 400)))
    half = len(data) // 2

    assert reason_of_bytes(tmp_path, data[:half] + bytes(len(data) - half)) is RejectReason.TRUNCATED


def test_refuses_a_jpeg_with_a_hole_in_its_middle(tmp_path: Path) -> None:
    data = encoded("JPEG", quality=95, picture=make_plate(1).resize((400, 400)))

    assert reason_of_bytes(tmp_path, data[:8192] + bytes(8192) + data[16384:]) is RejectReason.TRUNCATED


def test_a_thumbnail_inside_does_not_pass_for_the_end(tmp_path: Path) -> None:
    thumbnail = encoded("JPEG", picture=Image.new("RGB", (16, 16)))
    data = encoded("JPEG", comment=thumbnail)

    assert data.count(b"\xff\xd9") == 2
    assert reason_of_bytes(tmp_path, data[:-2]) is RejectReason.TRUNCATED


def test_reads_a_black_jpeg_and_one_with_bytes_after_its_end(tmp_path: Path) -> None:
    black = encoded("JPEG", optimize=True, picture=Image.new("RGB", (1900, 1900)))
    (tmp_path / "black.jpg").write_bytes(black)
    (tmp_path / "padded.jpg").write_bytes(encoded("JPEG") + bytes(5000))

    assert read(tmp_path / "black.jpg").pixels.max() == 0
    assert read(tmp_path / "padded.jpg").pixels.shape == (SIDE, SIDE, 3)


def test_reads_a_progressive_jpeg(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded("JPEG", progressive=True))

    assert read(tmp_path / "a.jpg").pixels.shape == (SIDE, SIDE, 3)


def test_refuses_a_reserved_file_and_the_first_bytes_of_one(tmp_path: Path) -> None:
    assert reason_of_bytes(tmp_path, bytes(4096)) is RejectReason.TRUNCATED
    assert reason_of_bytes(tmp_path, b"\x89PNG") is RejectReason.TRUNCATED


def test_refuses_a_png_with_one_bit_flipped(tmp_path: Path) -> None:
    data = bytearray(encoded("PNG"))
    data[len(data) // 2] ^= 1

    assert reason_of_bytes(tmp_path, bytes(data)) is RejectReason.TRUNCATED


def test_refuses_by_the_header_before_decoding(tmp_path: Path) -> None:
    assert reason_of_bytes(tmp_path, header_only_png(30_000, 30_000)) is RejectReason.TOO_MANY_PIXELS
    assert reason_of_bytes(tmp_path, header_only_png(2100, 2000)) is RejectReason.TOO_MANY_PIXELS
    assert reason_of_bytes(tmp_path, header_only_png(5100, 100)) is RejectReason.BAD_ASPECT
    assert reason_of_bytes(tmp_path, header_only_png(10, 600)) is RejectReason.BAD_ASPECT


def header_only_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_turns_a_picture_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    stored = np.zeros((40, 60, 3), dtype=np.uint8)
    stored[:20, :30] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, object] = {"lossless": True} if kind == "WEBP" else {}
    Image.fromarray(stored).save(tmp_path / "a", format=kind, exif=exif, **options)
    corner = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0), 5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)}[orientation]

    pixels = read(tmp_path / "a").pixels

    height, width = (40, 60) if orientation < 5 else (60, 40)
    bright = pixels[:, :, 0].reshape(2, height // 2, 2, width // 2).mean(axis=(1, 3))
    assert pixels.shape == (height, width, 3)
    assert divmod(int(bright.argmax()), 2) == corner


def test_turns_a_16_bit_picture_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    values = (np.arange(40 * 60).reshape(40, 60) * 27).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png", exif=exif)

    expected = np.rint(np.rot90(values, -1) / 65535 * 255)
    assert np.array_equal(read(tmp_path / "a.png").pixels[:, :, 0], expected)


def test_tells_when_a_picture_was_taken(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2026:03:01 10:11:12"
    (tmp_path / "a.jpg").write_bytes(encoded("JPEG", exif=exif))

    assert read(tmp_path / "a.jpg").taken_at == "2026:03:01 10:11:12"


def test_a_broken_exif_block_costs_only_its_time(tmp_path: Path) -> None:
    broken = b"Exif\x00\x00II*\x00" + b"\xff" * 60
    (tmp_path / "a.jpg").write_bytes(encoded("JPEG", exif=broken))

    image = read(tmp_path / "a.jpg")

    assert image.pixels.shape == (SIDE, SIDE, 3)
    assert image.taken_at is None


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_reads_the_first_picture_of_several_and_says_so(tmp_path: Path, kind: str) -> None:
    first, second = Image.new("RGB", (40, 40), (255, 0, 0)), Image.new("RGB", (40, 40), (0, 0, 255))
    options: dict[str, object] = {"lossless": True} if kind == "WEBP" else {}
    first.save(tmp_path / "a", format=kind, save_all=True, append_images=[second], **options)

    image = read(tmp_path / "a")

    assert image.animated
    assert image.pixels.mean(axis=(0, 1)).tolist() == [255, 0, 0]


def test_refuses_floats_that_are_not_finite(tmp_path: Path) -> None:
    values = np.full((20, 20), 0.5, dtype=np.float32)
    values[3, 4] = np.nan
    Image.fromarray(values).save(tmp_path / "nan.tif")
    values[3, 4] = np.inf
    Image.fromarray(values).save(tmp_path / "inf.tif")

    assert reason_of(tmp_path / "nan.tif") is RejectReason.NOT_FINITE
    assert reason_of(tmp_path / "inf.tif") is RejectReason.NOT_FINITE


def test_refuses_16_bit_colour_of_a_smaller_declared_depth(tmp_path: Path) -> None:
    (tmp_path / "deep.png").write_bytes(deep_colour_png())

    assert reason_of(tmp_path / "deep.png", bit_depth=12) is RejectReason.SETTINGS_MISMATCH
    assert read(tmp_path / "deep.png").pixels[0, 0].tolist() == [0x12, 0x34, 0x56]


def deep_colour_png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    rows = (b"\x00" + bytes.fromhex("12003400560f") * 4) * 4
    header = struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP", "WEBP"])
def test_garbage_in_a_file_is_a_reason_or_a_picture_and_nothing_else(tmp_path: Path, kind: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    data = bytearray(encoded(kind))
    for position in generator.integers(0, len(data), 20):
        data[position] = int(generator.integers(256))
    (tmp_path / "image").write_bytes(bytes(data))

    try:
        image = read(tmp_path / "image")
    except RejectedError:
        return
    assert image.pixels.dtype == np.uint8
    assert image.pixels.shape[2] == 3
