"""Read one image file as if it were hostile; runs only inside the decoding process."""

import errno
import os
import stat
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from detectors.file_shape import has_end, is_deep_colour, refuse_by_signature
from detectors.pixels import PixelsError, to_rgb
from storage.records import RejectReason

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP")
# One photograph with previews appended, as phones write it; its first picture is an ordinary JPEG.
SHOWN_FORMATS = {"MPO": "JPEG"}
EXIF_FOLDER = 0x8769
TAKEN_AT = 0x9003
TAKEN_AT_LENGTH = 32
BITMAP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


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
class ReadImage:
    """A file's pixels and what its header says."""

    pixels: NDArray[np.uint8]
    taken_at: str | None
    format: str
    animated: bool


def read_image(path: Path, limits: FileLimits, bit_depth: int | None) -> ReadImage:
    """Open, check and decode one file; raise RejectedError with the reason."""
    data = read_bytes(path, limits.max_bytes)
    refusal = refuse_by_signature(data)
    if refusal is not None:
        raise RejectedError(refusal, f"{path.name} does not begin as an allowed image")
    Image.MAX_IMAGE_PIXELS = limits.max_pixels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return _decode(data, limits, bit_depth)


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


def _decode(data: bytes, limits: FileLimits, bit_depth: int | None) -> ReadImage:
    image = _open(data)
    _refuse_by_header(image, limits)
    if not has_end(data, image.format or ""):
        raise RejectedError(RejectReason.TRUNCATED, "the file stops before its end")
    taken_at = _taken_at(image)
    shown = SHOWN_FORMATS.get(image.format or "", image.format or "")
    animated = shown != "JPEG" and bool(getattr(image, "is_animated", False))
    try:
        image.load()
        pixels = to_rgb(_upright(image), bit_depth=bit_depth, is_deep_colour=is_deep_colour(data, image))
    except PixelsError as error:
        raise RejectedError(error.reason, str(error)) from error
    except MemoryError as error:
        raise RejectedError(RejectReason.DECODER_CRASH, "the image needs more memory than allowed") from error
    except Image.DecompressionBombError as error:
        raise RejectedError(RejectReason.TOO_MANY_PIXELS, str(error)) from error
    except Exception as error:  # decoders raise SyntaxError, IndexError and five more on broken data
        raise RejectedError(RejectReason.TRUNCATED, str(error)) from error
    return ReadImage(pixels, taken_at, shown, animated)


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise RejectedError(RejectReason.TOO_MANY_PIXELS, str(error)) from error
    except Exception as error:  # as below: anything may come out of a broken header
        # Two letters begin a BMP, and many a text; the other signatures are not met by chance.
        reason = RejectReason.NOT_AN_IMAGE if _is_no_bitmap(data) else RejectReason.TRUNCATED
        raise RejectedError(reason, "the file has no readable header") from error


def _is_no_bitmap(data: bytes) -> bool:
    return data.startswith(b"BM") and int.from_bytes(data[14:18], "little") not in BITMAP_HEADERS


def _refuse_by_header(image: Image.Image, limits: FileLimits) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise RejectedError(RejectReason.NOT_AN_IMAGE, f"an image of {width} x {height} pixels")
    if width * height > limits.max_pixels:
        raise RejectedError(RejectReason.TOO_MANY_PIXELS, f"an image of {width} x {height} pixels")
    if max(width, height) > limits.max_aspect * min(width, height):
        raise RejectedError(RejectReason.BAD_ASPECT, f"an image of {width} x {height} pixels")


def _taken_at(image: Image.Image) -> str | None:
    try:
        text = image.getexif().get_ifd(EXIF_FOLDER).get(TAKEN_AT)
    except Exception:  # noqa: BLE001 - a broken EXIF block costs its time, never the picture
        return None
    if not isinstance(text, str):
        return None
    return "".join(letter for letter in text if letter.isprintable())[:TAKEN_AT_LENGTH].strip() or None


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - as above
        return image
