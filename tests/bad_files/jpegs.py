"""Bad JPEG files, and good ones of the rarer kinds."""

import io
import struct
from collections.abc import Callable
from functools import cache, partial

import numpy as np
from PIL import Image

from storage.records import RejectReason
from tests.bad_files.expected import BadFile, as_rgb, grey_scene, scene

MAYBE_CUT = RejectReason.TRUNCATED
OTHER_KIND = RejectReason.FORMAT_NOT_ALLOWED
# What compressing may change in the scene, with all its sharp edges.
LOSS = 40


@cache
def jpeg(kind: str = "RGB", **options: object) -> bytes:
    """Return the scene as JPEG, of good quality."""
    picture = Image.fromarray(grey_scene()) if kind == "L" else Image.fromarray(scene()).convert(kind)
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", **({"quality": 97, "subsampling": 0} | options))
    return buffer.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    """Return one marker segment."""
    return b"\xff" + bytes([marker]) + (len(body) + 2).to_bytes(2) + body


def with_segment(*segments: bytes, data: bytes | None = None) -> bytes:
    """Return a JPEG with segments behind its first marker."""
    whole = data or jpeg()
    return whole[:2] + b"".join(segments) + whole[2:]


def exif(orientation: int) -> bytes:
    """Return an APP1 segment that says how the picture lies."""
    return segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + orientation.to_bytes(2) + bytes(6))


def frame_start(data: bytes) -> int:
    """Return where SOF begins."""
    return next(data.index(b"\xff" + bytes([kind])) for kind in (0xC0, 0xC2) if b"\xff" + bytes([kind]) in data)


def with_frame(change: Callable[[bytearray, int], None], data: bytes | None = None) -> bytes:
    """Return a JPEG whose SOF segment was changed."""
    changed = bytearray(data or jpeg())
    change(changed, frame_start(bytes(changed)))
    return bytes(changed)


def _put(offset: int, value: bytes) -> Callable[[bytearray, int], None]:
    def change(data: bytearray, start: int) -> None:
        data[start + offset : start + offset + len(value)] = value

    return change


def sized(width: int, height: int) -> bytes:
    """Return a JPEG that claims another size."""
    return with_frame(_put(5, struct.pack(">HH", height, width)))


def scan_start() -> int:
    """Return where the compressed data begin."""
    start = jpeg().index(b"\xff\xda")
    return start + 2 + int.from_bytes(jpeg()[start + 2 : start + 4])


def without_tables() -> bytes:
    """Return a JPEG without Huffman tables, as cameras put them into films."""
    data = jpeg(optimize=False)
    while (start := data.find(b"\xff\xc4")) >= 0:
        data = data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4]) :]
    return data


def many_scans(data: bytes, times: int) -> bytes:
    """Return a progressive JPEG that says its first scan many times over."""
    first = data.index(b"\xff\xda")
    second = data.index(b"\xff\xda", first + 2)
    return data[:second] + data[first:second] * times + data[second:]


def large() -> bytes:
    """Return a progressive JPEG of a large grey picture, which is small as a file."""
    buffer = io.BytesIO()
    Image.new("L", (4000, 4000), 90).save(buffer, format="JPEG", progressive=True)
    return buffer.getvalue()


def _turned(orientation: int) -> BadFile:
    picture = {3: scene()[::-1, ::-1], 6: np.rot90(scene(), -1), 8: np.rot90(scene()), 5: scene().transpose(1, 0, 2)}
    seen = picture.get(orientation, scene())
    return BadFile(
        f"exif-{orientation}.jpg", lambda: with_segment(exif(orientation)), picture=np.asarray(seen), off_by=LOSS
    )


def _as_print(adobe: bool) -> bytes:  # noqa: FBT001 - which of two
    data = jpeg("CMYK")
    start = data.index(b"\xff\xee")
    return data if adobe else data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4]) :]


def _looping_exif() -> bytes:
    body = b"MM\0*\0\0\0\x08\0\x02\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\x88\x25\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\x08"
    return segment(0xE1, b"Exif\0\0" + body)


def _good(name: str, make: Callable[[], bytes]) -> BadFile:
    return BadFile(name, make, picture=scene(), off_by=LOSS)


KINDS = (
    _good("baseline.jpg", jpeg),
    BadFile("colour-at-half.jpg", partial(jpeg, subsampling=2), picture=scene(), off_by=100),
    _good("thousands-of-small-scans.jpg", lambda: many_scans(jpeg(progressive=True), 5000)),
    _good("progressive.jpg", partial(jpeg, progressive=True)),
    _good("restarts.jpg", partial(jpeg, restart_marker_blocks=2)),
    _good("colours-as-they-are.jpg", partial(jpeg, keep_rgb=True)),
    BadFile("grey.jpg", partial(jpeg, "L"), picture=as_rgb(grey_scene()), off_by=LOSS),
    _good("print-colours-of-adobe.jpg", partial(_as_print, True)),
    BadFile("print-colours.jpg", partial(_as_print, False)),
    _good("without-tables.jpg", without_tables),
    *(_turned(number) for number in (0, 1, 3, 5, 6, 8, 9, 99)),
)

BESIDE_THE_PICTURE = (
    _good("exif-garbage.jpg", lambda: with_segment(segment(0xE1, b"Exif\0\0II*\0" + b"\xff" * 900))),
    _good("exif-loop.jpg", lambda: with_segment(_looping_exif())),
    _good("icc-garbage.jpg", lambda: with_segment(segment(0xE2, b"ICC_PROFILE\0\1\1" + b"\xaa" * 500))),
    _good("icc-in-missing-parts.jpg", lambda: with_segment(segment(0xE2, b"ICC_PROFILE\0\7\2" + b"\xaa" * 50))),
    _good("icc-cut.jpg", lambda: with_segment(segment(0xE2, b"ICC_PROFILE\0"))),
    _good("several-pictures-garbage.jpg", lambda: with_segment(segment(0xE2, b"MPF\0" + b"\xff" * 90))),
    _good("several-pictures-cut.jpg", lambda: with_segment(segment(0xE2, b"MPF\0"))),
    _good("photoshop-garbage.jpg", lambda: with_segment(segment(0xED, b"Photoshop 3.0\x008BIM" + b"\xff" * 90))),
    _good("jfif-cut.jpg", lambda: with_segment(segment(0xE0, b"JFIF\0"))),
    _good("xmp-garbage.jpg", lambda: with_segment(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x" + b"<" * 9000))),
    _good("long-comments.jpg", lambda: with_segment(*[segment(0xFE, b"y" * 65_000)] * 200)),
    _good("zip-behind.jpg", lambda: jpeg() + b"PK\x03\x04" + bytes(9000)),
    _good("fill-bytes.jpg", lambda: jpeg()[:2] + b"\xff" * 900 + jpeg()[2:]),
    _good("picture-in-a-comment.jpg", lambda: with_segment(segment(0xFE, jpeg()))),
)

BROKEN = (
    BadFile("no-end.jpg", lambda: jpeg()[:-2], MAYBE_CUT),
    BadFile("cut-in-half.jpg", lambda: jpeg()[: len(jpeg()) // 2], MAYBE_CUT),
    BadFile("end-too-early.jpg", lambda: jpeg()[: (scan_start() + len(jpeg())) // 2] + b"\xff\xd9", MAYBE_CUT),
    BadFile("no-data.jpg", lambda: jpeg()[: scan_start()] + b"\xff\xd9", MAYBE_CUT),
    BadFile("start-alone.jpg", lambda: b"\xff\xd8\xff", MAYBE_CUT),
    BadFile("start-and-end.jpg", lambda: b"\xff\xd8\xff\xd9", MAYBE_CUT),
    BadFile("start-and-zeros.jpg", lambda: b"\xff\xd8\xff\xe0" + bytes(90_000), MAYBE_CUT),
    BadFile("data-of-ff.jpg", lambda: jpeg()[: scan_start()] + b"\xff" * 9000, MAYBE_CUT),
    BadFile("no-quantisation.jpg", lambda: _without(0xDB), MAYBE_CUT),
    BadFile("no-frame.jpg", lambda: _without(0xC0), MAYBE_CUT),
    BadFile("table-cut.jpg", lambda: with_segment(segment(0xC4, b"\x00\xff")), MAYBE_CUT),
    BadFile("no-width.jpg", lambda: sized(0, 40), RejectReason.NOT_AN_IMAGE),
    BadFile("no-height.jpg", lambda: sized(60, 0), RejectReason.NOT_AN_IMAGE),
    BadFile("largest.jpg", lambda: sized(65_500, 65_500), RejectReason.TOO_MANY_PIXELS),
    BadFile("claims-more-rows.jpg", lambda: sized(60, 400), MAYBE_CUT),
    BadFile("a-line.jpg", lambda: sized(6000, 8), RejectReason.BAD_ASPECT),
    BadFile("12-bit.jpg", lambda: with_frame(_put(4, b"\x0c")), OTHER_KIND),
    BadFile("two-channels.jpg", lambda: with_frame(_put(9, b"\x02")), OTHER_KIND),
    BadFile("five-channels.jpg", lambda: with_frame(_put(9, b"\x05")), OTHER_KIND),
    BadFile("hierarchical.jpg", lambda: with_frame(_put(1, b"\xc5")), OTHER_KIND),
    BadFile("jpeg-ls.jpg", lambda: with_frame(_put(1, b"\xf7")), OTHER_KIND),
    BadFile("thousands-of-scans.jpg", lambda: many_scans(large(), 100), RejectReason.TOO_MANY_PIXELS),
    BadFile("million-segments.jpg", lambda: with_segment(*[segment(0xFE, b"")] * 1_000_000), RejectReason.TOO_LARGE),
)


def _without(marker: int) -> bytes:
    data = jpeg()
    while (start := data.find(b"\xff" + bytes([marker]))) >= 0:
        data = data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4]) :]
    return data


JPEGS = (*KINDS, *BESIDE_THE_PICTURE, *BROKEN)
