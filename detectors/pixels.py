"""One rule that turns any decoded picture into upright 8-bit RGB, never clipping a value.

The rule for the bit depth goes by mode and by the depth a source declares, never by what a picture happens to hold,
so that the same grey means the same thing at fit and at score:

- 8-bit modes (1, L, P, RGB, CMYK, YCbCr, HSV) stay as they are, converted to RGB; a declared depth does not touch them.
- 16- and 32-bit integers (I;16, I) are `value * 255 / (2 ** depth - 1)`, rounded; no declared depth means 16.
- Floats (F) are `value * 255 / top`: top is 1 without a declared depth, else `2 ** depth - 1`. NaN and Inf are refused.
- A value outside 0..top is refused (settings_mismatch): the declared depth is wrong, and clipping would hide it.
- 16-bit colour is read at its high byte, which is right only where all 16 bits are used: a smaller depth is refused.
- Transparency is laid on a fixed mid-grey, the value a network sees as zero.
"""

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


def to_rgb(image: Image.Image, *, bit_depth: int | None, is_deep_colour: bool = False) -> NDArray[np.uint8]:
    """Return (H, W, 3) RGB of a loaded picture; raise PixelsError where its values do not fit the rule."""
    if is_deep_colour and bit_depth not in (None, FULL_DEPTH):
        raise PixelsError(RejectReason.SETTINGS_MISMATCH, f"a 16-bit colour image cannot be read as {bit_depth} bits")
    if image.mode.startswith("I"):
        return _grey_to_rgb(_from_integers(np.asarray(image), bit_depth))
    if image.mode == "F":
        return _grey_to_rgb(_from_floats(np.asarray(image, dtype=np.float32), bit_depth))
    return np.array(_to_rgb_image(image), dtype=np.uint8)


def _to_rgb_image(image: Image.Image) -> Image.Image:
    if image.mode in TRANSPARENT_MODES or "transparency" in image.info:
        front = image.convert("RGBA")
        flat = Image.new("RGB", image.size, BACKGROUND)
        flat.paste(front, mask=front.getchannel("A"))
        return flat
    if image.mode not in BYTE_MODES:
        raise PixelsError(RejectReason.FORMAT_NOT_ALLOWED, f"colour mode {image.mode} is not read")
    return image.convert("RGB")


def _from_integers(values: NDArray[np.generic], bit_depth: int | None) -> NDArray[np.uint8]:
    top = 2 ** (bit_depth or FULL_DEPTH) - 1
    lowest, highest = int(values.min()), int(values.max())
    if lowest < 0 or highest > top:
        raise PixelsError(RejectReason.SETTINGS_MISMATCH, f"values {lowest}..{highest} do not fit 0..{top}")
    table = ((np.arange(top + 1, dtype=np.int64) * 255 + top // 2) // top).astype(np.uint8)
    scaled: NDArray[np.uint8] = table[values.astype(np.uint16)]
    return scaled


def _from_floats(values: NDArray[np.float32], bit_depth: int | None) -> NDArray[np.uint8]:
    if not bool(np.isfinite(values).all()):
        raise PixelsError(RejectReason.NOT_FINITE, "the image holds NaN or Inf")
    top = 1.0 if bit_depth is None else float(2**bit_depth - 1)
    lowest, highest = float(values.min()), float(values.max())
    if lowest < -FLOAT_SLACK * top or highest > top * (1 + FLOAT_SLACK):
        raise PixelsError(RejectReason.SETTINGS_MISMATCH, f"values {lowest:g}..{highest:g} do not fit 0..{top:g}")
    scaled: NDArray[np.uint8] = np.clip(np.rint(values * np.float32(255 / top)), 0, 255).astype(np.uint8)
    return scaled


def _grey_to_rgb(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[:, :, None], 3, axis=2)
