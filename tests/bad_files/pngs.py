"""Bad PNG files, and good ones of the rarer kinds."""

import struct
import zlib
from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from storage.records import RejectReason
from tests.bad_files.expected import HEIGHT, WIDTH, BadFile, Pixels, as_rgb, grey_scene, on_background, scene

GREY, COLOUR, PALETTE, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6
START = b"\x89PNG\r\n\x1a\n"
ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
XMP = b'XML:com.adobe.xmp\0\0\0\0\0<rdf:Description tiff:Orientation="6"/>'
MAYBE_CUT = RejectReason.TRUNCATED
OTHER_KIND = RejectReason.FORMAT_NOT_ALLOWED


def chunk(kind: bytes, body: bytes = b"", *, crc: int | None = None) -> bytes:
    """Return one chunk, with another checksum where one is given."""
    checksum = zlib.crc32(kind + body) if crc is None else crc
    return len(body).to_bytes(4) + kind + body + checksum.to_bytes(4)


def header(depth: int, kind: int, *, width: int = WIDTH, height: int = HEIGHT, last: bytes = b"\x00\x00\x00") -> bytes:
    """Return an IHDR chunk; last: compression, filter and interlace."""
    return chunk(b"IHDR", struct.pack(">IIBB", width, height, depth, kind) + last)


def packed(values: NDArray[np.generic], depth: int) -> bytes:
    """Return rows (H, W * channels) of values below 2 ** depth, each row with filter 0 before it."""
    if depth == 16:
        rows = [row.astype(">u2").tobytes() for row in values]
    else:
        bits = (values.astype(np.uint8)[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1
        rows = [np.packbits(row).tobytes() for row in bits.reshape(len(values), -1)]
    return b"".join(b"\x00" + row for row in rows)


def png(
    values: NDArray[np.generic], depth: int, kind: int, *, before: Iterable[bytes] = (), after: Iterable[bytes] = ()
) -> bytes:
    """Return a PNG of values (H, W * channels)."""
    width = values.shape[1] // {GREY: 1, PALETTE: 1, GREY_ALPHA: 2, COLOUR: 3, COLOUR_ALPHA: 4}[kind]
    data = chunk(b"IDAT", zlib.compress(packed(values, depth)))
    head = header(depth, kind, width=width, height=len(values))
    return START + head + b"".join(before) + data + b"".join(after) + chunk(b"IEND")


def plain(*, before: Iterable[bytes] = (), after: Iterable[bytes] = ()) -> bytes:
    """Return the scene as 8-bit RGB with more chunks."""
    return png(flat(scene()), 8, COLOUR, before=before, after=after)


def flat(picture: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return (H, W, channels) as (H, W * channels)."""
    return picture.reshape(len(picture), -1)


def with_data(data: bytes, *, depth: int = 8, kind: int = COLOUR, last: bytes = b"\x00\x00\x00") -> bytes:
    """Return a PNG of these compressed bytes."""
    return START + header(depth, kind, last=last) + chunk(b"IDAT", data) + chunk(b"IEND")


def interlaced() -> bytes:
    """Return the scene in seven passes."""
    passes = [scene()[down::dy, across::dx] for down, across, dy, dx in ADAM7]
    rows = b"".join(packed(flat(each), 8) for each in passes)
    return with_data(zlib.compress(rows), last=b"\x00\x00\x01")


def _without_the_last_pass() -> bytes:
    passes = [scene()[down::dy, across::dx] for down, across, dy, dx in ADAM7[:-1]]
    rows = b"".join(packed(flat(each), 8) for each in passes)
    return with_data(zlib.compress(rows), last=b"\x00\x00\x01")


def grey(depth: int, *, hidden: int | None = None) -> BadFile:
    """Return the scene in grey of a depth; hidden: the value that is transparent."""
    top = 2**depth - 1
    values = grey_scene().astype(int) * top // 255
    seen = (values * 255 + top // 2) // top
    alpha = np.where(values == hidden, 0, 255)
    before = () if hidden is None else [chunk(b"tRNS", hidden.to_bytes(2))]
    name = f"grey-{depth}{'' if hidden is None else '-hidden'}.png"
    return BadFile(
        name,
        lambda: png(values, depth, GREY, before=before),
        picture=on_background(as_rgb(seen), alpha),
        off_by=1,
    )


def palette(depth: int) -> BadFile:
    """Return the scene by a palette, of which the last colour is half transparent."""
    colours = np.random.default_rng(depth).integers(0, 256, (2**depth, 3))
    values = grey_scene().astype(int) * (2**depth - 1) // 255
    alpha = np.where(values == 2**depth - 1, 128, 255)
    before = [
        chunk(b"PLTE", colours.astype(np.uint8).tobytes()),
        chunk(b"tRNS", b"\xff" * (2**depth - 1) + b"\x80"),
    ]
    return BadFile(
        f"palette-{depth}.png",
        lambda: png(values, depth, PALETTE, before=before),
        picture=on_background(colours[values], alpha),
        off_by=1,
    )


def deep_colour_with_a_hidden_one() -> BadFile:
    """Return 16-bit colour of which one value is transparent."""
    values = scene().astype(int) * 257
    values[0, 0] = 0xFA14, 0x1578, 0x7800
    alpha = np.full((HEIGHT, WIDTH), 255)
    alpha[0, 0] = 0
    hidden = struct.pack(">HHH", 0xFA14, 0x1578, 0x7800)
    return BadFile(
        "colour-16-hidden.png",
        lambda: png(flat(values), 16, COLOUR, before=[chunk(b"tRNS", hidden)]),
        picture=on_background(values >> 8, alpha),
        off_by=1,
    )


def exif(orientation: int) -> bytes:
    """Return an EXIF block, as a PNG holds it."""
    return b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01" + orientation.to_bytes(2) + bytes(6)


def _exif_as_text(orientation: int) -> bytes:
    block = b"Exif\0\0" + exif(orientation)
    return chunk(b"tEXt", b"Raw profile type exif\0\nexif\n%8d\n%s\n" % (len(block), block.hex().encode()))


@cache
def bomb(size: int) -> bytes:
    """Return zeros that take much room, in little."""
    return zlib.compress(bytes(size), 9)


def _alpha() -> Pixels:
    return np.repeat(np.linspace(0, 255, WIDTH).astype(np.uint8)[None], HEIGHT, axis=0)


def _grey_alpha(depth: int) -> BadFile:
    values = np.stack([grey_scene(), _alpha()], axis=2).astype(int) * (257 if depth == 16 else 1)
    seen = on_background(as_rgb(grey_scene()), _alpha())
    return BadFile(f"grey-alpha-{depth}.png", lambda: png(flat(values), depth, GREY_ALPHA), picture=seen, off_by=1)


def _colour(depth: int) -> BadFile:
    values = scene().astype(int) * (257 if depth == 16 else 1)
    return BadFile(f"colour-{depth}.png", lambda: png(flat(values), depth, COLOUR), picture=scene())


def _colour_alpha(depth: int) -> BadFile:
    values = np.dstack([scene(), _alpha()]).astype(int) * (257 if depth == 16 else 1)
    seen = on_background(scene(), _alpha())
    return BadFile(f"colour-alpha-{depth}.png", lambda: png(flat(values), depth, COLOUR_ALPHA), picture=seen, off_by=1)


def _rows() -> bytes:
    return packed(flat(scene()), 8)


def _damaged(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(255 - byte for byte in data[middle : middle + 40]) + data[middle + 40 :]


KINDS = (
    *(grey(depth) for depth in (1, 2, 4, 8, 16)),
    *(palette(depth) for depth in (1, 2, 4, 8)),
    *(grey(depth, hidden=1) for depth in (1, 2, 4)),
    grey(8, hidden=80),
    grey(16, hidden=80 * 257),
    *(make(depth) for make in (_colour, _grey_alpha, _colour_alpha) for depth in (8, 16)),
    deep_colour_with_a_hidden_one(),
    BadFile("interlaced.png", interlaced, picture=scene()),
    BadFile("one-pixel.png", lambda: png(np.array([[7, 8, 9]]), 8, COLOUR), picture=np.array([[[7, 8, 9]]], np.uint8)),
)

BESIDE_THE_PICTURE = (
    BadFile("text-with-bad-crc.png", lambda: plain(before=[chunk(b"tEXt", b"a\0b", crc=1)]), picture=scene()),
    BadFile("icc-garbage.png", lambda: plain(before=[chunk(b"iCCP", b"x\0\0" + b"\xff" * 300)]), picture=scene()),
    BadFile("icc-bomb.png", lambda: plain(before=[chunk(b"iCCP", b"x\0\0" + bomb(200_000_000))]), picture=scene()),
    BadFile("text-bomb.png", lambda: plain(before=[chunk(b"zTXt", b"x\0\0" + bomb(200_000_000))]), picture=scene()),
    BadFile(
        "text-bombs.png", lambda: plain(before=[chunk(b"zTXt", b"x\0\0" + bomb(1_000_000))] * 900), picture=scene()
    ),
    BadFile(
        "international-text-bomb.png",
        lambda: plain(before=[chunk(b"iTXt", b"x\0\1\0\0\0" + bomb(200_000_000))]),
        picture=scene(),
    ),
    BadFile("long-text.png", lambda: plain(before=[chunk(b"tEXt", b"x\0" + b"y" * 5_000_000)]), picture=scene()),
    BadFile("exif-garbage.png", lambda: plain(before=[chunk(b"eXIf", b"\xff" * 90)]), picture=scene()),
    BadFile("exif-99.png", lambda: plain(before=[chunk(b"eXIf", exif(99))]), picture=scene()),
    BadFile("exif-3.png", lambda: plain(before=[chunk(b"eXIf", exif(3))]), picture=scene()[::-1, ::-1]),
    BadFile("exif-6.png", lambda: plain(before=[chunk(b"eXIf", exif(6))]), picture=np.rot90(scene(), -1)),
    BadFile("exif-6-behind.png", lambda: plain(after=[chunk(b"eXIf", exif(6))]), picture=np.rot90(scene(), -1)),
    BadFile("exif-6-in-a-text.png", lambda: plain(before=[_exif_as_text(6)]), picture=scene()),
    BadFile("xmp-6.png", lambda: plain(before=[chunk(b"iTXt", XMP)]), picture=scene()),
    BadFile("empty-ancillary.png", lambda: plain(before=[chunk(b"gAMA"), chunk(b"pHYs")]), picture=scene()),
    BadFile("unknown-ancillary.png", lambda: plain(before=[chunk(b"juNK", b"z" * 99)]), picture=scene()),
    BadFile("text-after-the-picture.png", lambda: plain(after=[chunk(b"tEXt", b"a\0" * 9, crc=7)]), picture=scene()),
    BadFile("bytes-after-the-end.png", lambda: plain() + b"PK\x03\x04" + bytes(9000), picture=scene()),
    BadFile("animation-of-none.png", lambda: plain(before=[chunk(b"acTL", bytes(8))]), picture=scene()),
    BadFile("animation-cut.png", lambda: plain(before=[chunk(b"acTL", b"\0\0\0\3" + bytes(4))]), picture=scene()),
    BadFile(
        "animation-of-garbage.png",
        lambda: plain(before=[chunk(b"acTL", b"\0\0\0\2\0\0\0\0"), chunk(b"fcTL", b"\xff" * 26)]),
        picture=scene(),
    ),
    BadFile(
        "data-in-pieces.png",
        lambda: START + header(8, COLOUR) + _in_pieces(zlib.compress(_rows()), 1) + chunk(b"IEND"),
        picture=scene(),
    ),
)


def _in_pieces(data: bytes, size: int) -> bytes:
    return b"".join(chunk(b"IDAT", data[start : start + size]) for start in range(0, len(data), size))


BROKEN = (
    BadFile("header-with-bad-crc.png", lambda: plain().replace(header(8, COLOUR)[-4:], b"abcd"), MAYBE_CUT),
    BadFile("data-with-bad-crc.png", lambda: START + header(8, COLOUR) + _bad_data() + chunk(b"IEND"), MAYBE_CUT),
    BadFile("data-ends-early.png", lambda: with_data(zlib.compress(_rows()[:3000])), MAYBE_CUT),
    BadFile("data-of-half-the-rows.png", lambda: with_data(zlib.compress(_rows()[: 181 * 20])), MAYBE_CUT),
    BadFile("data-without-the-last-pass.png", _without_the_last_pass, MAYBE_CUT),
    BadFile("data-cut.png", lambda: with_data(zlib.compress(_rows())[:-900]), MAYBE_CUT),
    BadFile("data-damaged.png", lambda: with_data(_damaged(zlib.compress(_rows()))), MAYBE_CUT),
    BadFile("data-empty.png", lambda: with_data(b""), MAYBE_CUT),
    BadFile("data-of-no-rows.png", lambda: with_data(zlib.compress(b"")), MAYBE_CUT),
    BadFile("unknown-filter.png", lambda: with_data(zlib.compress(b"\x09" + _rows()[1:])), MAYBE_CUT),
    BadFile("no-data.png", lambda: START + header(8, COLOUR) + chunk(b"IEND"), MAYBE_CUT),
    BadFile("no-end.png", lambda: plain()[:-12], MAYBE_CUT),
    BadFile("no-header.png", lambda: START + plain()[8 + 25 :], MAYBE_CUT),
    BadFile("end-alone.png", lambda: START + chunk(b"IEND"), MAYBE_CUT),
    BadFile("signature-alone.png", lambda: START, MAYBE_CUT),
    BadFile("no-palette.png", lambda: png(grey_scene(), 8, PALETTE), MAYBE_CUT),
    BadFile("length-of-4-gb.png", lambda: plain(before=[b"\xff\xff\xff\xfftEXt"]), MAYBE_CUT),
    BadFile("depth-5.png", lambda: with_data(zlib.compress(_rows()), depth=5), OTHER_KIND),
    BadFile("kind-1.png", lambda: with_data(zlib.compress(_rows()), kind=1), OTHER_KIND),
    BadFile("compression-1.png", lambda: with_data(zlib.compress(_rows()), last=b"\1\0\0"), OTHER_KIND),
    BadFile("filter-1.png", lambda: with_data(zlib.compress(_rows()), last=b"\0\1\0"), OTHER_KIND),
    BadFile("interlace-7.png", lambda: with_data(zlib.compress(_rows()), last=b"\0\0\7"), OTHER_KIND),
    BadFile("unknown-critical.png", lambda: plain(before=[chunk(b"JUNK", b"z" * 99)]), OTHER_KIND),
    BadFile("of-an-iphone.png", lambda: START + chunk(b"CgBI", bytes(4)) + plain()[8:], OTHER_KIND),
    BadFile("no-width.png", lambda: _sized(0, 40), RejectReason.NOT_AN_IMAGE),
    BadFile("no-height.png", lambda: _sized(40, 0), RejectReason.NOT_AN_IMAGE),
    BadFile("bomb.png", lambda: _sized(30_000, 30_000, bomb(90_000)), RejectReason.TOO_MANY_PIXELS),
    BadFile("widest.png", lambda: _sized(2**31 - 1, 2**31 - 1), RejectReason.TOO_MANY_PIXELS),
    BadFile("a-line.png", lambda: png(np.zeros((1, 3 * 3000), int), 8, COLOUR), RejectReason.BAD_ASPECT),
    BadFile("million-chunks.png", lambda: plain(before=[chunk(b"tEXt", b"a\0b")] * 1_000_000), RejectReason.TOO_LARGE),
)


def _bad_data() -> bytes:
    return chunk(b"IDAT", zlib.compress(_rows()), crc=99)


def _sized(width: int, height: int, data: bytes = b"") -> bytes:
    head = header(8, COLOUR, width=width, height=height)
    return START + head + chunk(b"IDAT", data or zlib.compress(_rows())) + chunk(b"IEND")


PNGS = (*KINDS, *BESIDE_THE_PICTURE, *BROKEN)
