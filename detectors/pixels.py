"""One rule that turns any decoded picture into upright 8-bit RGB, never clipping a value.

The rule for the bit depth goes by mode and by the depth a source declares, never by what a picture happens to hold,
so that the same grey means the same thing at fit and at score:

- 8-bit modes (1, L, P, RGB, CMYK, YCbCr, HSV) stay as they are, converted to RGB; a declared depth does not touch them.
- 16- and 32-bit integers (I;16, I) are `value * 255 / (2 ** depth - 1)`, rounded; no declared depth means 16.
- Floats (F) are `value * 255 / top`: top is 1 without a declared depth, else `2 ** depth - 1`. NaN and Inf are refused.
- Pictures that count from white to black (TIFF) are turned round, at the same top.
- A value outside 0..top is refused (settings_mismatch): the declared depth is wrong, and clipping would hide it.
- 16-bit colour is read at its high byte, which is right only where all 16 bits are used: a smaller depth is refused.
- Transparency is laid on a fixed mid-grey, the value a network sees as zero.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from storage.records import RejectReason

NORMALISER = "upright-rgb8/1"
BACKGROUND = (128, 128, 128)
FULL_DEPTH = 16
TRANSPARENT_MODES = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
BYTE_MODES = frozenset({"1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", "HSV"})
# A float picture may overshoot its top by rounding, never by half a grey level.
FLOAT_SLACK = 0.5 / 255


class PixelsError(Exception):
    """A picture's values do not fit the rule; `reason` says which way."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PixelRule:
    """What is known of a picture's values before they are seen."""

    bit_depth: int | None
    is_deep_colour: bool = False
    is_white_zero: bool = False

    @property
    def top_of_integers(self) -> int:
        """Return the highest integer there may be."""
        return int(2 ** (self.bit_depth or FULL_DEPTH) - 1)

    @property
    def top_of_floats(self) -> float:
        """Return the highest float there may be, but for what rounding adds."""
        return 1.0 if self.bit_depth is None else float(2**self.bit_depth - 1)


def has_limits(image: Image.Image) -> bool:
    """Say whether a picture of this mode can hold values that do not fit."""
    return image.mode.startswith("I") or image.mode == "F"


def check_values(image: Image.Image, rule: PixelRule) -> None:
    """Raise PixelsError where a picture, or a part of one, does not fit the rule."""
    if rule.is_deep_colour and rule.bit_depth not in (None, FULL_DEPTH):
        message = f"a 16-bit colour image cannot be read as {rule.bit_depth} bits"
        raise PixelsError(RejectReason.SETTINGS_MISMATCH, message)
    if not has_limits(image):
        if image.mode not in BYTE_MODES | TRANSPARENT_MODES:
            raise PixelsError(RejectReason.FORMAT_NOT_ALLOWED, f"colour mode {image.mode} is not read")
        return
    values = np.asarray(image)
    lowest, highest = float(values.min()), float(values.max())
    if not math.isfinite(lowest) or not math.isfinite(highest):  # one NaN makes both of them NaN
        raise PixelsError(RejectReason.NOT_FINITE, "the image holds NaN or Inf")
    top, slack = (rule.top_of_floats, FLOAT_SLACK) if image.mode == "F" else (rule.top_of_integers, 0)
    if lowest < -slack * top or highest > top * (1 + slack):
        raise PixelsError(RejectReason.SETTINGS_MISMATCH, f"values {lowest:g}..{highest:g} do not fit 0..{top:g}")


def to_rgb(image: Image.Image, rule: PixelRule) -> NDArray[np.uint8]:
    """Return (H, W, 3) RGB of a loaded picture; raise PixelsError where its values do not fit the rule."""
    check_values(image, rule)
    if image.mode.startswith("I"):
        return _from_integers(np.asarray(image), rule, image.info.get("transparency"))
    if image.mode == "F":
        return _from_floats(np.asarray(image), rule)
    return np.array(_to_rgb_image(image), dtype=np.uint8)


def _to_rgb_image(image: Image.Image) -> Image.Image:
    if image.mode in TRANSPARENT_MODES or "transparency" in image.info:
        front = image.convert("LA") if image.mode == "La" else image
        front = front.convert("RGBA")
        flat = Image.new("RGB", image.size, BACKGROUND)
        flat.paste(front, mask=front.getchannel("A"))
        return flat
    return image.convert("RGB")


def _from_integers(values: NDArray[np.generic], rule: PixelRule, hidden: object) -> NDArray[np.uint8]:
    """Return RGB of integers that fit; hidden: the value that is transparent, if any."""
    top = rule.top_of_integers
    table = ((np.arange(top + 1, dtype=np.int64) * 255 + top // 2) // top).astype(np.uint8)
    scaled = _grey_to_rgb((table[::-1] if rule.is_white_zero else table)[values.astype(np.uint16)])
    if isinstance(hidden, int):
        scaled[values == hidden] = BACKGROUND
    return scaled


def _from_floats(values: NDArray[np.float32], rule: PixelRule) -> NDArray[np.uint8]:
    """Return RGB of floats that fit."""
    top = rule.top_of_floats
    scaled = (top - values if rule.is_white_zero else values) * np.float32(255 / top)
    np.clip(np.rint(scaled, out=scaled), 0, 255, out=scaled)
    return _grey_to_rgb(scaled.astype(np.uint8))


def _grey_to_rgb(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rgb = np.empty((*grey.shape, 3), dtype=np.uint8)
    for channel in range(3):
        rgb[:, :, channel] = grey
    return rgb
