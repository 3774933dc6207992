"""What an image file's bytes alone tell: its kind, whether it is whole, whether its colour is deep."""

import re

from PIL import Image

from detectors.shapes import bitmap, bitmap_runs, jpeg, png, tiff
from detectors.shapes.holes import has_hole
from storage.records import RejectReason

JPEG_START = b"\xff\xd8\xff"
ALLOWED_STARTS = (JPEG_START, png.START, *tiff.STARTS, bitmap.START)
WEBP = re.compile(rb"RIFF....WEBP", re.DOTALL)
# Other kinds of picture, said as such: GIF, PDF, PSD, ICO, PNM, JPEG XL, JPEG 2000, JPEG XR, PostScript, SVG, QOI, DDS,
# FITS, MNG, ICNS, EXR, Radiance, XCF, raw files of Fujifilm, everything of the ISO base media format, DICOM.
FOREIGN = re.compile(
    rb"GIF8[79]a|%PDF|8BPS|\x00\x00[\x01\x02]\x00|P[1-7fF]\s|\xff\x0a|\x00\x00\x00\x0c(jP  |JXL )|\xff\x4f\xff\x51|%!PS"
    rb"|II\xbc\x01|(\xef\xbb\xbf)?<(svg|\?xml)|qoif|DDS |SIMPLE  =|[\x8a\x8b][MJ]NG|icns|\x76\x2f\x31\x01|#\?RADIANCE"
    rb"|gimp xcf|FUJIFILMCCD-RAW|....ftyp|.{128}DICM",
    re.DOTALL,
)
# The longest signature there is to wait for.
SIGNATURE_BYTES = 12
DEEP_BITS = 16
TIFF_BITS_PER_SAMPLE = 258


def refuse_by_signature(data: bytes) -> RejectReason | None:
    """Return why these bytes cannot be an allowed image, or None where they may be."""
    if data.startswith(ALLOWED_STARTS) or WEBP.match(data):
        return None
    if FOREIGN.match(data):
        return RejectReason.FORMAT_NOT_ALLOWED
    head = data[:SIGNATURE_BYTES]
    is_beginning = len(data) < SIGNATURE_BYTES and any(start.startswith(head) for start in (*ALLOWED_STARTS, b"RIFF"))
    # Some programs reserve a file's space first and fill it in later.
    return RejectReason.TRUNCATED if is_beginning or not any(head) else RejectReason.NOT_AN_IMAGE


def refuse_by_shape(data: bytes, max_pixels: int) -> RejectReason | None:
    """Return why a file that begins as an allowed image is not read, by its structure alone; None where it may be."""
    if data.startswith(JPEG_START):
        return jpeg.refuse_jpeg(data)
    if data.startswith(png.START):
        return png.refuse_png(data)
    if data.startswith(tiff.STARTS):
        return tiff.refuse_tiff(data, max_pixels)
    if data.startswith(bitmap.START):
        return bitmap.refuse_bitmap(data)
    is_whole = len(data) >= int.from_bytes(data[4:8], "little") + 8 and not has_hole(data, 0, len(data))
    return None if is_whole else RejectReason.TRUNCATED


def as_read(data: bytes, max_pixels: int) -> bytes:
    """Return a file that was not refused in such a form as the decoder reads rightly: the same picture."""
    if not data.startswith(bitmap.START):
        return data
    return bitmap_runs.without_runs(bitmap.with_whole_palette(data), max_pixels)


def picture_alone(data: bytes) -> bytes | None:
    """Return the picture without what stands beside it in the file, where the format tells the two apart."""
    if data.startswith(JPEG_START):
        return jpeg.picture_alone(data)
    return png.picture_alone(data) if data.startswith(png.START) else None


def is_of_another_kind(data: bytes) -> bool:
    """Say whether a file that no decoder takes is whole all the same: then it is of a kind that is not read."""
    if data.startswith(tiff.STARTS):
        return tiff.has_all_strips(data)
    return data.startswith(bitmap.START)


def is_deep_colour(data: bytes, image: Image.Image) -> bool:
    """Say whether a colour image stores 16 bits a channel, of which Pillow keeps the high byte."""
    if image.format == "PNG":
        return data[24] == DEEP_BITS and image.mode != "I;16"
    if image.format == "TIFF":
        bits = getattr(image, "tag_v2", {}).get(TIFF_BITS_PER_SAMPLE, (8,))
        return len(bits) > 1 and max(bits) >= DEEP_BITS
    return False
