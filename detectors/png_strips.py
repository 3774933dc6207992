"""A large PNG by strips of upright rows: decoded as they are sent, so that no more than a few are ever held.

The decoder here takes about half the time of the other. Pictures by palette, with a transparent colour, or in grey of
16 bits need what is known of the other's pixels, and small ones need neither: these are left to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detectors.pixels import PixelRule, check_values, to_rgb
from detectors.shapes import png
from detectors.upright import BAND_PIXELS, upright_size

# Below this the other decoder takes a quarter of a second at most.
LARGE_PIXELS = 8_000_000
BYTE_BITS, DEEP_BITS = 8, 16
GREY = 0
MODES = {GREY: "L", 2: "RGB", 4: "LA", 6: "RGBA"}
# Chunks of a transparent colour and of an animation.
LEFT = frozenset({b"tRNS", b"acTL"})
# By how many quarters to the right each orientation is turned, and whether it is mirrored then.
TURNED = {2: (0, True), 3: (2, False), 4: (2, True), 5: (1, True), 6: (1, False), 7: (3, True), 8: (3, False)}


class StripError(Exception):
    """A picture's data end or break off somewhere below its first rows."""


@dataclass(frozen=True, slots=True)
class Strips:
    """A picture whose header was read; its rows follow once, from top to bottom."""

    height: int
    width: int
    mode: str
    rule: PixelRule
    _image: Any
    _data: bytes  # which the image points into

    def bands(self) -> Iterator[NDArray[np.uint8]]:
        """Yield upright RGB (rows, W, 3); raise StripError where the data are broken."""
        step = max(1, BAND_PIXELS // self.width)
        vips = library()
        region = vips.Region.new(self._image)
        for top in range(0, self.height, step):
            rows = min(step, self.height - top)
            try:
                data = region.fetch(0, top, self.width, rows)
            except vips.Error as error:
                raise StripError(str(error)) from error
            yield self._as_rgb(data, rows)

    def _as_rgb(self, data: bytes, rows: int) -> NDArray[np.uint8]:
        if self.mode == "RGB":
            return np.frombuffer(data, np.uint8).reshape(rows, self.width, 3)
        return to_rgb(Image.frombytes(self.mode, (self.width, rows), data), self.rule)


@cache
def library() -> Any:
    """Load the decoder, which takes 20 MB; None where its library is not to be had: then the other takes all."""
    try:
        import pyvips  # noqa: PLC0415 - only who has a large picture pays for it
    except (ImportError, OSError):
        return None
    pyvips.cache_set_max(0)  # or it would keep the last files
    return pyvips


def open_strips(data: bytes, image: Image.Image, orientation: int, rule: PixelRule) -> Strips | None:
    """Return a large plain PNG to be read by strips, None where the other decoder has to; image: its header.

    Raises PixelsError where its values cannot fit the rule, StripError where its data are broken from the start.
    """
    if image.format != "PNG" or image.width * image.height < LARGE_PIXELS:
        return None
    vips = library()
    if vips is None:
        return None
    header, kinds = png.read_header(data), png.kinds(data)
    if not _is_taken(header, kinds):
        return None
    check_values(Image.new(MODES[header.kind], (1, 1)), rule)
    height, width = upright_size(image, orientation)
    alone = data if kinds <= png.KEPT else png.picture_alone(data)  # a profile or a text may be a bomb
    try:
        found = _upright(vips, alone, header.depth, orientation)
    except vips.Error as error:
        raise StripError(str(error)) from error
    return Strips(height, width, MODES[header.kind], rule, found, alone)


def _is_taken(header: png.Header, kinds: frozenset[bytes]) -> bool:
    if header.kind not in MODES or not kinds.isdisjoint(LEFT):
        return False
    if header.depth == DEEP_BITS:  # grey has a rule of its own; seven passes are held in whole
        return header.kind != GREY and not header.is_interlaced
    return header.depth == BYTE_BITS


def _upright(vips: Any, data: bytes, depth: int, orientation: int) -> Any:
    """Return a picture whose upright rows are computed as they are asked for."""
    source = vips.Source.new_from_memory(data)  # what is given as a buffer is copied
    image = vips.Image.pngload_source(source, access="sequential", fail_on="error")
    if depth == DEEP_BITS:
        image = image.cast("uchar", shift=True)  # the high byte
    if orientation not in TURNED:
        return image
    quarters, is_mirrored = TURNED[orientation]
    image = image.copy_memory().rot(f"d{90 * quarters}")
    return image.fliphor() if is_mirrored else image
