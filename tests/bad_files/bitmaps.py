"""Bad BMP files, and good ones of the rarer kinds."""

import struct
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage.records import RejectReason
from tests.bad_files.expected import HEIGHT, WIDTH, BadFile, as_rgb, grey_scene, on_background, scene

PLAIN, RLE8, RLE4, BITFIELDS, AS_JPEG, AS_PNG = range(6)
MAYBE_CUT = RejectReason.TRUNCATED
OTHER_KIND = RejectReason.FORMAT_NOT_ALLOWED
GREYS = b"".join(bytes([level, level, level, 0]) for level in range(256))


def bmp(
    data: bytes,
    bits: int,
    *,
    compression: int = PLAIN,
    width: int = WIDTH,
    height: int = HEIGHT,
    palette: bytes = b"",
    masks: Sequence[int] = (),
    head_bytes: int = 40,
    offset: int | None = None,
    colours: int = 0,
) -> bytes:
    """Return a BMP of these bytes; masks stand in the header where that has room, else behind it."""
    inside = struct.pack(f"<{len(masks)}I", *masks)
    rest = struct.pack("<iiHHIIiiII", width, height, 1, bits, compression, len(data), 2835, 2835, colours, 0)
    header = struct.pack("<I", head_bytes) + (rest + inside)[: head_bytes - 4].ljust(head_bytes - 4, b"\0")
    behind = b"" if head_bytes > 40 else inside
    start = 14 + len(header) + len(behind) + len(palette)
    file_header = b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start if offset is None else offset)
    return file_header + header + behind + palette + data


def rows(values: NDArray[np.generic], *, turned: bool = True) -> bytes:
    """Return rows of bytes (H, bytes), each filled up to four, the lowest first."""
    filled = np.pad(values, ((0, 0), (0, -values.shape[1] % 4))).astype(np.uint8)
    return (filled[::-1] if turned else filled).tobytes()


def _colour(*, head_bytes: int = 40, height: int = HEIGHT) -> bytes:
    data = rows(scene()[:, :, ::-1].reshape(HEIGHT, -1), turned=height > 0)
    return bmp(data, 24, head_bytes=head_bytes, height=height)


def _grey(**changes: Any) -> bytes:
    return bmp(rows(grey_scene()), 8, palette=GREYS, **changes)


def _few_bits(bits: int) -> bytes:
    values = grey_scene().astype(int) * (2**bits - 1) // 255
    digits = ((values[:, :, None] >> np.arange(bits - 1, -1, -1)) & 1).reshape(HEIGHT, -1).astype(np.uint8)
    palette = b"".join(bytes([level * 255 // (2**bits - 1)] * 3 + [0]) for level in range(2**bits))
    return bmp(rows(np.packbits(digits, axis=1)), bits, palette=palette)


def _few_bits_seen(bits: int) -> NDArray[np.uint8]:
    top = 2**bits - 1
    return as_rgb(grey_scene().astype(int) * top // 255 * 255 // top)


def _with_alpha(alpha: int) -> bytes:
    values = np.dstack([scene()[:, :, ::-1], np.full((HEIGHT, WIDTH), alpha)])
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    return bmp(rows(values.reshape(HEIGHT, -1)), 32, compression=BITFIELDS, masks=masks, head_bytes=108)


def _words(masks: Sequence[int], shifts: Sequence[int], widths: Sequence[int], **changes: Any) -> bytes:
    colour = scene().astype(int)
    values = sum((colour[:, :, each] >> (8 - widths[each])) << shifts[each] for each in range(3))
    data = rows(np.ascontiguousarray(np.asarray(values).astype("<u2")).view(np.uint8).reshape(HEIGHT, -1))
    return bmp(data, 16, masks=masks, **changes)


def _packed(bits: int = 8) -> bytes:
    values = grey_scene() if bits == 8 else grey_scene() // 17
    data = b""
    for row in values[::-1]:
        for value in row:
            data += bytes([1, int(value)]) if bits == 8 else bytes([1, int(value) << 4])
        data += b"\0\0"
    palette = GREYS if bits == 8 else b"".join(bytes([level * 17] * 3 + [0]) for level in range(16))
    return bmp(data + b"\0\1", bits, compression=RLE8 if bits == 8 else RLE4, palette=palette)


def _unpacked_runs(rows_given: int = HEIGHT) -> bytes:
    """Return runs of values as they are, of odd lengths, and of the lower rows alone."""
    data = b""
    for row in grey_scene()[::-1][:rows_given]:
        data += b"".join(b"\0\x0f" + part.tobytes() + b"\0" for part in np.split(row, 4)) + b"\0\0"
    return bmp(data + b"\0\1", 8, compression=RLE8, palette=GREYS)


def _runs_at_an_odd_place() -> bytes:
    """Return the same with one byte between the palette and the data."""
    whole = _unpacked_runs()
    place = int.from_bytes(whole[10:14], "little")
    return whole[:10] + (place + 1).to_bytes(4, "little") + whole[14:place] + b"\0" + whole[place:]


def _lower_half() -> NDArray[np.uint8]:
    seen = as_rgb(grey_scene())
    seen[: HEIGHT // 2] = 0
    return seen


def _jumps() -> bytes:
    """Return a row of white, three rows and two pixels further up and right one pixel of it."""
    return bmp(bytes([WIDTH, 255, 0, 0, 0, 2, 2, 3, 1, 255, 0, 1]), 8, compression=RLE8, palette=GREYS)


def _jumped() -> NDArray[np.uint8]:
    seen = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    seen[-1], seen[-5, 2] = 255, 255
    return seen


def _black_and_white(bits: int) -> bytes:
    values = (grey_scene() > 100).astype(np.uint8)
    data = values if bits == 8 else values[:, ::2] << 4 | values[:, 1::2]
    return bmp(rows(data), bits, palette=b"\0\0\0\0\xff\xff\xff\0", colours=2)


def _os2() -> bytes:
    data = rows(scene()[:, :, ::-1].reshape(HEIGHT, -1))
    header = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, 24)
    return b"BM" + struct.pack("<IHHI", 26 + len(data), 0, 0, 26) + header + data


def _slow() -> bytes:
    """Return a run-length BMP that says every pixel of a large picture by itself."""
    return bmp(b"\1\7" * 16_000_000, 8, compression=RLE8, palette=GREYS, width=4000, height=4000)


KINDS = (
    BadFile("colour.bmp", _colour, picture=scene()),
    BadFile("upside-down.bmp", partial(_colour, height=-HEIGHT), picture=scene()),
    BadFile("header-4.bmp", partial(_colour, head_bytes=108), picture=scene()),
    BadFile("header-5.bmp", partial(_colour, head_bytes=124), picture=scene()),
    BadFile("of-os2.bmp", _os2, picture=scene()),
    BadFile("grey.bmp", _grey, picture=as_rgb(grey_scene())),
    *(BadFile(f"grey-{bits}.bmp", partial(_few_bits, bits), picture=_few_bits_seen(bits)) for bits in (1, 4)),
    BadFile("run-lengths.bmp", _packed, picture=as_rgb(grey_scene())),
    BadFile("run-lengths-4.bmp", partial(_packed, 4), picture=as_rgb(grey_scene() // 17 * 17)),
    BadFile("runs-unpacked.bmp", _unpacked_runs, picture=as_rgb(grey_scene())),
    BadFile("runs-at-an-odd-place.bmp", _runs_at_an_odd_place, picture=as_rgb(grey_scene())),
    BadFile("runs-end-early.bmp", partial(_unpacked_runs, HEIGHT // 2), picture=_lower_half()),
    BadFile("runs-that-jump.bmp", _jumps, picture=_jumped()),
    *(
        BadFile(
            f"two-colours-in-{bits}-bits.bmp",
            partial(_black_and_white, bits),
            picture=as_rgb((grey_scene() > 100) * 255),
        )
        for bits in (4, 8)
    ),
    BadFile(
        "palette-too-long.bmp",
        lambda: bmp(rows(grey_scene()), 8, palette=GREYS + bytes(200), colours=306),
        picture=as_rgb(grey_scene()),
    ),
    BadFile("words-555.bmp", lambda: _words((), (10, 5, 0), (5, 5, 5)), picture=scene(), off_by=8),
    BadFile(
        "words-565.bmp",
        lambda: _words((0xF800, 0x7E0, 0x1F), (11, 5, 0), (5, 6, 5), compression=BITFIELDS),
        picture=scene(),
        off_by=8,
    ),
    BadFile(
        "alpha.bmp", partial(_with_alpha, 128), picture=on_background(scene(), np.full((HEIGHT, WIDTH), 128)), off_by=1
    ),
    BadFile("alpha-not-used.bmp", partial(_with_alpha, 0), picture=scene()),
    BadFile("offset-zero.bmp", partial(_grey, offset=0)),
    BadFile("bytes-behind.bmp", lambda: _colour() + bytes(9000), picture=scene()),
)

BROKEN = (
    BadFile("cut.bmp", lambda: _colour()[:-900], MAYBE_CUT),
    BadFile("header-cut.bmp", lambda: _colour()[:30], MAYBE_CUT),
    BadFile("letters-alone.bmp", lambda: b"BM", MAYBE_CUT),
    BadFile("offset-outside.bmp", partial(_grey, offset=2**30), MAYBE_CUT),
    BadFile("run-lengths-cut.bmp", lambda: bmp(b"\1\7" * 9, 8, compression=RLE8, palette=GREYS), MAYBE_CUT),
    BadFile("no-width.bmp", partial(_grey, width=0), RejectReason.NOT_AN_IMAGE),
    BadFile("width-below-zero.bmp", partial(_grey, width=-60), RejectReason.TOO_MANY_PIXELS),
    BadFile("largest.bmp", partial(_grey, width=2**31 - 1, height=2**31 - 1), RejectReason.TOO_MANY_PIXELS),
    BadFile("lowest.bmp", partial(_grey, height=-(2**31)), RejectReason.TOO_MANY_PIXELS),
    BadFile("five-bits.bmp", lambda: bmp(bytes(9000), 5), OTHER_KIND),
    BadFile("jpeg-inside.bmp", lambda: bmp(b"\xff\xd8\xff" * 99, 0, compression=AS_JPEG), OTHER_KIND),
    BadFile("png-inside.bmp", lambda: bmp(b"\x89PNG" * 99, 0, compression=AS_PNG), OTHER_KIND),
    BadFile("unknown-compression.bmp", lambda: bmp(bytes(9000), 8, compression=99), OTHER_KIND),
    BadFile(
        "odd-masks.bmp",
        lambda: bmp(bytes(9600), 32, compression=BITFIELDS, masks=(0x3FF00000, 0xFFC00, 0x3FF)),
        OTHER_KIND,
    ),
    BadFile("slow-run-lengths.bmp", _slow, RejectReason.TOO_LARGE),
)

BITMAPS = (*KINDS, *BROKEN)
