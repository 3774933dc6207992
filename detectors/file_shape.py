"""What an image file's bytes alone tell: its kind, whether it is whole, whether its colour is deep."""

import re
import zlib

from PIL import Image

from storage.records import RejectReason

PNG_START = b"\x89PNG\r\n\x1a\n"
ALLOWED_STARTS = (b"\xff\xd8\xff", PNG_START, b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+", b"BM")
WEBP = re.compile(rb"RIFF....WEBP", re.DOTALL)
# Other kinds of picture, said as such: GIF, PDF, PSD, ICO, PNM, JPEG XL, JPEG 2000, PostScript, SVG, QOI, DDS, FITS.
FOREIGN = re.compile(
    rb"GIF8[79]a|%PDF|8BPS|\x00\x00[\x01\x02]\x00|P[1-7fF]\s|\xff\x0a|\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51|%!PS"
    rb"|<svg|<\?xml|qoif|DDS |SIMPLE  =|....ftyp|.{128}DICM",
    re.DOTALL,
)
# The longest signature there is to wait for.
SIGNATURE_BYTES = 12
# In a JPEG's data FF is followed by 00, a restart marker or another FF; anything else is the next marker.
JPEG_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])", re.DOTALL)
JPEG_SCAN, JPEG_END = 0xDA, 0xD9
HOLE = bytes(4096)
SECTOR = 512
DEEP_BITS = 16
TIFF_BITS_PER_SAMPLE = 258


def refuse_by_signature(data: bytes) -> RejectReason | None:
    """Return why these bytes cannot be an allowed image, or None where they may be."""
    if data.startswith(ALLOWED_STARTS) or WEBP.match(data):
        return None
    head = data[:SIGNATURE_BYTES]
    is_beginning = len(data) < SIGNATURE_BYTES and any(start.startswith(head) for start in (*ALLOWED_STARTS, b"RIFF"))
    # Some programs reserve a file's space first and fill it in later.
    if is_beginning or not any(head):
        return RejectReason.TRUNCATED
    return RejectReason.FORMAT_NOT_ALLOWED if FOREIGN.match(data) else RejectReason.NOT_AN_IMAGE


def has_end(data: bytes, format_name: str) -> bool:
    """Say whether a JPEG, PNG or WEBP file is all there; other formats are left to their decoder."""
    if format_name in ("JPEG", "MPO"):
        return _jpeg_has_end(data)
    if format_name == "PNG":
        return _png_has_end(data)
    if format_name == "WEBP":
        return len(data) >= int.from_bytes(data[4:8], "little") + 8 and not _has_hole(data, 0, len(data))
    return True


def is_deep_colour(data: bytes, image: Image.Image) -> bool:
    """Say whether a colour image stores 16 bits a channel, of which Pillow keeps the high byte."""
    if image.format == "PNG":
        return data[24] == DEEP_BITS and image.mode != "I;16"
    if image.format == "TIFF":
        bits = getattr(image, "tag_v2", {}).get(TIFF_BITS_PER_SAMPLE, (8,))
        return len(bits) > 1 and max(bits) >= DEEP_BITS
    return False


def _jpeg_has_end(data: bytes) -> bool:
    position, scan_start = 2, None
    while (found := JPEG_MARKER.search(data, position)) is not None:
        marker = found.group(1)[0]
        if marker == JPEG_END:
            return scan_start is not None and not _has_hole(data, scan_start, found.start())
        if marker == JPEG_SCAN and scan_start is None:
            scan_start = found.end()
        position = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return False


def _has_hole(data: bytes, start: int, end: int) -> bool:
    """Say whether a run of zeros begins or ends on a sector, or never ends: a piece not written, not a dark picture."""
    first = data.find(HOLE, start, end)
    if first < 0:
        return False
    last = first + len(HOLE)
    while last + SECTOR <= end and data[last : last + SECTOR] == HOLE[:SECTOR]:
        last += SECTOR
    while last < end and data[last] == 0:
        last += 1
    return first % SECTOR == 0 or last % SECTOR == 0 or last == len(data)


def _png_has_end(data: bytes) -> bool:
    position = len(PNG_START)
    while position + 12 <= len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        is_critical = kind[:1].isupper()
        if end > len(data) or (
            is_critical and zlib.crc32(data[position + 4 : end - 4]).to_bytes(4) != data[end - 4 : end]
        ):
            return False
        if kind == b"IEND":
            return True
        position = end
    return False
