"""Bad WEBP files, other kinds of picture under an allowed name, and what is no picture at all."""

import io
from functools import cache, partial

import numpy as np
from PIL import Image

from storage.records import RejectReason
from tests.bad_files.expected import HEIGHT, WIDTH, BadFile, on_background, scene
from tests.bad_files.jpegs import exif as jpeg_exif
from tests.bad_files.jpegs import jpeg

MAYBE_CUT = RejectReason.TRUNCATED
OTHER_KIND = RejectReason.FORMAT_NOT_ALLOWED
NO_IMAGE = RejectReason.NOT_AN_IMAGE


@cache
def saved(kind: str, mode: str = "RGB", **options: object) -> bytes:
    """Return the scene as Pillow writes it in any format."""
    buffer = io.BytesIO()
    picture = Image.fromarray(scene())
    if mode == "RGBA":
        picture.putalpha(Image.fromarray(_alpha()))
    picture.convert(mode).save(buffer, format=kind, **options)
    return buffer.getvalue()


def _alpha() -> np.ndarray:
    return np.repeat(np.linspace(0, 255, WIDTH).astype(np.uint8)[None], HEIGHT, axis=0)


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a WEBP of these chunks."""
    body = b"".join(kind + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _lossless() -> tuple[bytes, bytes]:
    data = saved("WEBP", lossless=True)
    return data[12:16], data[20 : 20 + int.from_bytes(data[16:20], "little")]


def _extended(*more: tuple[bytes, bytes], flags: int = 0, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    head = bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return webp((b"VP8X", head), *more)


def _animated() -> bytes:
    first, second = Image.fromarray(scene()), Image.new("RGB", (WIDTH, HEIGHT))
    buffer = io.BytesIO()
    first.save(buffer, format="WEBP", lossless=True, save_all=True, append_images=[second] * 5)
    return buffer.getvalue()


def _large() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (16_000, 4_000)).save(buffer, format="WEBP", lossless=True, method=0)
    return buffer.getvalue()


def _turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved("WEBP", lossless=True, exif=exif.tobytes())


WEBPS = (
    BadFile("lossless.webp", lambda: saved("WEBP", lossless=True), picture=scene()),
    BadFile("lossy.webp", lambda: saved("WEBP", quality=98), picture=scene(), off_by=150),
    BadFile(
        "alpha.webp",
        lambda: saved("WEBP", "RGBA", lossless=True, exact=True),
        picture=on_background(scene(), _alpha()),
        off_by=1,
    ),
    BadFile("animated.webp", _animated, picture=scene()),
    BadFile("exif-6.webp", _turned, picture=np.rot90(scene(), -1)),
    BadFile("icc-garbage.webp", lambda: _extended((b"ICCP", b"\xff" * 99), _lossless(), flags=0x20), picture=scene()),
    BadFile("exif-garbage.webp", lambda: _extended(_lossless(), (b"EXIF", b"\xff" * 99), flags=8), picture=scene()),
    BadFile("unknown-chunk.webp", lambda: _extended((b"JUNK", b"z" * 99), _lossless()), picture=scene()),
    BadFile("bytes-behind.webp", lambda: saved("WEBP", lossless=True) + bytes(90), picture=scene()),
    BadFile("cut.webp", lambda: saved("WEBP", lossless=True)[:-90], MAYBE_CUT),
    BadFile("cut-and-mended.webp", lambda: webp((_lossless()[0], _lossless()[1][:-90])), MAYBE_CUT),
    BadFile("riff-alone.webp", lambda: b"RIFF\x04\0\0\0WEBP", MAYBE_CUT),
    BadFile("length-of-4-gb.webp", lambda: b"RIFF\xff\xff\xff\xffWEBP" + saved("WEBP")[12:], MAYBE_CUT),
    BadFile("other-size.webp", lambda: _extended(_lossless(), width=4000, height=4000), MAYBE_CUT),
    BadFile("no-frames.webp", lambda: _extended((b"ANIM", bytes(6)), flags=2), MAYBE_CUT),
    BadFile("frame-outside.webp", lambda: _extended((b"ANIM", bytes(6)), (b"ANMF", b"\xff" * 16), flags=2), MAYBE_CUT),
    BadFile("large.webp", _large, RejectReason.TOO_MANY_PIXELS),
    BadFile(
        "canvas-bomb.webp", lambda: _extended(_lossless(), width=2**24, height=2**24), RejectReason.TOO_MANY_PIXELS
    ),
)

FOREIGN = (
    BadFile("gif.jpg", partial(saved, "GIF", "P"), OTHER_KIND),
    BadFile("icon.jpg", partial(saved, "ICO"), OTHER_KIND),
    BadFile("cursor.jpg", lambda: b"\0\0\2\0\1\0" + saved("ICO")[6:], OTHER_KIND),
    BadFile("jpeg-2000.jpg", partial(saved, "JPEG2000"), OTHER_KIND),
    BadFile("jpeg-2000-stream.jpg", lambda: b"\xff\x4f\xff\x51" + bytes(90), OTHER_KIND),
    BadFile("avif.jpg", partial(saved, "AVIF"), OTHER_KIND),
    BadFile("heic.jpg", lambda: b"\0\0\0\x18ftypheic" + bytes(90), OTHER_KIND),
    BadFile("film.jpg", lambda: b"\0\0\0\x18ftypmp42" + bytes(90), OTHER_KIND),
    BadFile("jpeg-xl.jpg", lambda: b"\xff\x0a" + bytes(90), OTHER_KIND),
    BadFile("jpeg-xl-box.jpg", lambda: b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a" + bytes(90), OTHER_KIND),
    BadFile("jpeg-xr.jpg", lambda: b"II\xbc\x01" + bytes(90), OTHER_KIND),
    BadFile("pdf.jpg", lambda: b"%PDF-1.7\n" + bytes(90), OTHER_KIND),
    BadFile("postscript.jpg", partial(saved, "EPS"), OTHER_KIND),
    BadFile("svg.jpg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", OTHER_KIND),
    BadFile("svg-after-a-comment.jpg", lambda: b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", OTHER_KIND),
    BadFile("photoshop.jpg", lambda: b"8BPS\0\1" + bytes(90), OTHER_KIND),
    BadFile("gimp.jpg", lambda: b"gimp xcf v011\0" + bytes(90), OTHER_KIND),
    BadFile("ppm.jpg", partial(saved, "PPM"), OTHER_KIND),
    BadFile("exr.jpg", lambda: b"\x76\x2f\x31\x01" + bytes(90), OTHER_KIND),
    BadFile("radiance.jpg", lambda: b"#?RADIANCE\n" + bytes(90), OTHER_KIND),
    BadFile("dds.jpg", partial(saved, "DDS"), OTHER_KIND),
    BadFile("apple-icons.jpg", lambda: b"icns\0\0\0\x08" + bytes(90), OTHER_KIND),
    BadFile("dicom.jpg", lambda: bytes(128) + b"DICM" + bytes(90), OTHER_KIND),
    BadFile("fits.jpg", lambda: b"SIMPLE  =                    T" + b" " * 2850, OTHER_KIND),
    BadFile("qoi.jpg", lambda: b"qoif" + bytes(90), OTHER_KIND),
    BadFile("mng.jpg", lambda: b"\x8aMNG\r\n\x1a\n" + bytes(90), OTHER_KIND),
    BadFile("raw-of-a-camera.jpg", lambda: b"FUJIFILMCCD-RAW 0201" + bytes(90), OTHER_KIND),
)

NO_PICTURES = (
    BadFile("empty.jpg", lambda: b"", RejectReason.EMPTY),
    BadFile("one-byte.jpg", lambda: b"\xff", MAYBE_CUT),
    BadFile("reserved.jpg", lambda: bytes(90_000), MAYBE_CUT),
    BadFile("spaces.jpg", lambda: b" " * 9000, NO_IMAGE),
    BadFile("ones.jpg", lambda: b"\xff" * 9000, NO_IMAGE),
    BadFile("noise.jpg", lambda: b"\x01" + np.random.default_rng(1).bytes(9000), NO_IMAGE),
    BadFile("text.jpg", lambda: b"Dear diary, today was a good day.\n" * 99, NO_IMAGE),
    BadFile("text-in-16-bit.jpg", lambda: "Dear diary".encode("utf-16") * 99, NO_IMAGE),
    BadFile("cars.jpg", lambda: b"BMW makes cars, and this is no bitmap" * 99, NO_IMAGE),
    BadFile("page.jpg", lambda: b"<!DOCTYPE html><html><body>404 Not Found</body></html>", NO_IMAGE),
    BadFile("zip.jpg", lambda: b"PK\x03\x04" + bytes(90), NO_IMAGE),
    BadFile("gzip.jpg", lambda: b"\x1f\x8b\x08" + bytes(90), NO_IMAGE),
    BadFile("program.jpg", lambda: b"\x7fELF" + bytes(90), NO_IMAGE),
    BadFile("sound.jpg", lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(90), NO_IMAGE),
    BadFile("pickle.jpg", lambda: b"\x80\x04\x95cos\nsystem\n(S'true'\ntR.", NO_IMAGE),
    BadFile("arrays.jpg", lambda: b"\x93NUMPY\x01\0" + bytes(90), NO_IMAGE),
    BadFile("link-in-text.jpg", lambda: b"!<symlink>\xff\xfe/\0e\0t\0c\0", NO_IMAGE),
    BadFile("jpeg-after-a-line.jpg", lambda: b"\r\n" + jpeg(), NO_IMAGE),
    BadFile("jpeg-after-http.jpg", lambda: b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg(), NO_IMAGE),
    BadFile("jpeg.png", jpeg, picture=scene(), off_by=40),
    BadFile("png.jpg", partial(saved, "PNG"), picture=scene()),
    BadFile("tiff.jpg", partial(saved, "TIFF"), picture=scene()),
    BadFile("webp.bmp", partial(saved, "WEBP", lossless=True), picture=scene()),
    BadFile("no-ending", partial(saved, "BMP"), picture=scene()),
    BadFile("exif-alone.jpg", lambda: b"\xff\xd8" + jpeg_exif(1) + b"\xff\xd9", MAYBE_CUT),
)

OTHERS = (*WEBPS, *FOREIGN, *NO_PICTURES)
