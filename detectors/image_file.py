"""Read one image file as if it were hostile; runs only inside the decoding process."""

import errno
import os
import stat
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detectors.file_shape import (
    as_read,
    is_deep_colour,
    is_of_another_kind,
    picture_alone,
    refuse_by_shape,
    refuse_by_signature,
)
from detectors.hidden_colour import hides_all, mend_hidden_colour
from detectors.jpeg_end import lacks_data
from detectors.memory_needed import bytes_a_pixel
from detectors.pixels import PixelRule, PixelsError, check_values, has_limits, to_rgb
from detectors.png_strips import StripError, open_strips
from detectors.shapes import png
from detectors.shapes.tiff import is_white_zero
from detectors.upright import exif_of, load_as_stored, orientation_of, upright_bands, upright_size
from storage.records import RejectReason

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP")
# One photograph with previews appended, as phones write it; its first picture is an ordinary JPEG.
SHOWN_FORMATS = {"MPO": "JPEG"}
EXIF_FOLDER = 0x8769
TAKEN_AT = 0x9003
TAKEN_AT_LENGTH = 32
# The largest picture may cost so much while it is decoded: what costs more a pixel must have fewer of them.
BYTES_A_PIXEL = 8


class RejectedError(Exception):
    """The file is no image to be scored; `reason` is one of the closed list."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What one file may cost."""

    max_bytes: int
    max_pixels: int
    max_aspect: float


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """A file whose header was read: what that says, and its pixels by bands.

    bands may raise RejectedError before any of them: then those that came are no picture.
    """

    height: int
    width: int
    taken_at: str | None
    format: str
    animated: bool
    bands: Callable[[], Iterator[NDArray[np.uint8]]]


@dataclass(frozen=True, slots=True)
class ReadImage:
    """A file's pixels and what its header says."""

    pixels: NDArray[np.uint8]
    taken_at: str | None
    format: str
    animated: bool


def read_image(path: Path, limits: FileLimits, bit_depth: int | None) -> ReadImage:
    """Return one file's pixels (H, W, 3) as a whole; raise RejectedError with the reason."""
    opened = open_image(path, limits, bit_depth)
    pixels = np.concatenate(list(opened.bands()))
    return ReadImage(pixels, opened.taken_at, opened.format, opened.animated)


def open_image(path: Path, limits: FileLimits, bit_depth: int | None) -> OpenedImage:
    """Open, check and decode one file; raise RejectedError with the reason."""
    data = read_bytes(path, limits.max_bytes)
    refusal = refuse_by_signature(data) or refuse_by_shape(data, limits.max_pixels)
    if refusal is not None:
        raise RejectedError(refusal, f"{path.name} is not whole, or no image of a kind that is read")
    data = as_read(data, limits.max_pixels)
    Image.MAX_IMAGE_PIXELS = limits.max_pixels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _decode(data, limits, bit_depth)
        except RejectedError as error:
            alone = picture_alone(data) if error.reason is RejectReason.TRUNCATED else None
            if alone is None or len(alone) == len(data):
                raise
            # What is broken may stand beside the picture: a profile, a text.
            return _decode(alone, limits, bit_depth)


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """Return a regular file's bytes, following no link and waiting for nobody; raise RejectedError."""
    try:
        # O_NONBLOCK: opening a FIFO without a writer would wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        is_special = isinstance(error, OSError) and error.errno in (errno.ELOOP, errno.ENXIO)
        reason = RejectReason.NOT_A_REGULAR_FILE if is_special else RejectReason.UNREADABLE
        raise RejectedError(reason, str(error)) from error
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise RejectedError(RejectReason.NOT_A_REGULAR_FILE, f"{path.name} is not a regular file")
        if facts.st_size > max_bytes:
            raise RejectedError(RejectReason.TOO_LARGE, f"the file is larger than {max_bytes} bytes")
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(facts.st_size)
    except OSError as error:
        raise RejectedError(RejectReason.UNREADABLE, str(error)) from error
    finally:
        os.close(handle)
    if not data:
        raise RejectedError(RejectReason.EMPTY, "the file is empty")
    return data


def _decode(data: bytes, limits: FileLimits, bit_depth: int | None) -> OpenedImage:
    image = _open(data)
    _refuse_by_header(image, data, limits)
    shown = SHOWN_FORMATS.get(image.format or "", image.format or "")
    animated = shown != "JPEG" and bool(getattr(image, "is_animated", False))
    rule = PixelRule(bit_depth, is_deep_colour(data, image), shown == "TIFF" and is_white_zero(data))
    try:
        strips = _strips(image, data, rule)
        if strips is not None:
            return strips
        # Before anything else is asked of it: a second try of a broken picture can go well.
        orientation = load_as_stored(image, data)
        if shown == "JPEG":
            _refuse_unfinished(data, image)
        if shown == "PNG":
            _refuse_missing_rows(data, image)
        return _opened(image, data, shown, orientation, rule, animated=animated)
    except RejectedError:
        raise
    except PixelsError as error:
        raise RejectedError(error.reason, str(error)) from error
    except MemoryError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise RejectedError(RejectReason.TOO_MANY_PIXELS, str(error)) from error
    except Exception as error:  # decoders raise SyntaxError, IndexError and five more on broken data
        raise RejectedError(RejectReason.TRUNCATED, str(error)) from error


def _strips(image: Image.Image, data: bytes, rule: PixelRule) -> OpenedImage | None:
    """Open a picture whose rows are decoded as they are asked for, if it is such a one."""
    strips = open_strips(data, image, orientation_of(image, data), rule)
    if strips is None:
        return None

    def bands() -> Iterator[NDArray[np.uint8]]:
        try:
            yield from strips.bands()
        except StripError as error:
            raise RejectedError(RejectReason.TRUNCATED, str(error)) from error

    return OpenedImage(strips.height, strips.width, _taken_at(image, data), "PNG", animated=False, bands=bands)


def _refuse_missing_rows(data: bytes, image: Image.Image) -> None:
    """Refuse a PNG without data for its last row, which is left black, or for its last pass, which is made up."""
    lowest = image.crop((0, image.height - 1, image.width, image.height))
    is_suspect = png.read_header(data).is_interlaced or lowest.getbbox(alpha_only=False) is None
    if is_suspect and png.lacks_rows(data):
        raise RejectedError(RejectReason.TRUNCATED, "the picture has data for a part of its rows")


def _refuse_unfinished(data: bytes, image: Image.Image) -> None:
    if lacks_data(data, image):
        raise RejectedError(RejectReason.TRUNCATED, "the picture stops before its end")


def _opened(
    image: Image.Image, data: bytes, shown: str, orientation: int, rule: PixelRule, *, animated: bool
) -> OpenedImage:
    mend_hidden_colour(image, data)
    is_opaque = hides_all(image)

    def bands() -> Iterator[NDArray[np.uint8]]:
        for band in upright_bands(image, orientation):
            yield to_rgb(band.convert("RGB") if is_opaque else band, rule)

    for part in upright_bands(image, orientation) if has_limits(image) else [image]:
        check_values(part, rule)  # all of them, before the first is handed out
    height, width = upright_size(image, orientation)
    return OpenedImage(height, width, _taken_at(image, data), shown, animated, bands)


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise RejectedError(RejectReason.TOO_MANY_PIXELS, str(error)) from error
    except MemoryError:
        raise
    except Exception as error:  # as above: anything may come out of a broken header
        reason = RejectReason.FORMAT_NOT_ALLOWED if is_of_another_kind(data) else RejectReason.TRUNCATED
        raise RejectedError(reason, "the file has no readable header") from error


def _refuse_by_header(image: Image.Image, data: bytes, limits: FileLimits) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise RejectedError(RejectReason.NOT_AN_IMAGE, f"an image of {width} x {height} pixels")
    most = limits.max_pixels * min(1, BYTES_A_PIXEL / bytes_a_pixel(image, data))
    if width * height > most:
        raise RejectedError(RejectReason.TOO_MANY_PIXELS, f"an image of {width} x {height} pixels")
    if max(width, height) > limits.max_aspect * min(width, height):
        raise RejectedError(RejectReason.BAD_ASPECT, f"an image of {width} x {height} pixels")


def _taken_at(image: Image.Image, data: bytes) -> str | None:
    try:
        text = exif_of(image, data).get_ifd(EXIF_FOLDER).get(TAKEN_AT)
    except Exception:  # noqa: BLE001 - a broken EXIF block costs its time, never the picture
        return None
    if not isinstance(text, str):
        return None
    return "".join(letter for letter in text if letter.isprintable())[:TAKEN_AT_LENGTH].strip() or None
