"""A heatmap with what is odd in it and the good image most like it beside it: what a person compares first."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from detectors.heatmap import HALO, INK, OUTLINE, PAPER, Mapped, around, as_png, draw_heatmap
from detectors.squares import shrink
from storage.records import NearestNormal, Region

COLUMN, GAP, CAPTION = 256, 8, 22
LONGEST_PART = 3072


def render_beside(pixels: NDArray[np.uint8], scored: Mapped, good: bytes | None) -> bytes:
    """Return a PNG: the heatmap, beside it the oddest region as photographed, and the good image under that.

    good: a small PNG of the good image that the oddest region is to be compared with; None leaves the heatmap alone.
    """
    heatmap = draw_heatmap(pixels, scored)
    worst = max(scored.regions, key=lambda region: region.peak, default=None)
    if worst is None or worst.nearest is None or good is None:
        return as_png(heatmap)
    shown = [("this one", _this(pixels, worst)), ("good: the box is what is most like it", _good(good, worst.nearest))]
    height = max(heatmap.height, sum(CAPTION + picture.height + GAP for _, picture in shown))
    sheet = Image.new("RGB", (heatmap.width + GAP + COLUMN, height), PAPER)
    sheet.paste(heatmap, (0, 0))
    draw, font, top = ImageDraw.Draw(sheet), ImageFont.load_default(size=13), 0
    for words, picture in shown:
        draw.text((heatmap.width + GAP, top + CAPTION // 2), words, INK, font, anchor="lm")
        sheet.paste(picture, (heatmap.width + GAP, top + CAPTION))
        top += CAPTION + picture.height + GAP
    return as_png(sheet)


def _this(pixels: NDArray[np.uint8], region: Region) -> Image.Image:
    part = shrink(around(pixels, region), LONGEST_PART)  # of a picture that is odd as a whole no second copy is made
    return _fitted(Image.fromarray(np.ascontiguousarray(part)))


def _good(thumbnail: bytes, nearest: NearestNormal) -> Image.Image:
    """Return the good image with the place marked that the region is most like."""
    with Image.open(BytesIO(thumbnail), formats=["PNG"]) as image:
        shown = _fitted(image.convert("RGB"))
    if nearest.box is not None:
        left, top, width, height = nearest.box
        box = (
            left * shown.width,
            top * shown.height,
            min(shown.width - 1, (left + width) * shown.width),
            min(shown.height - 1, (top + height) * shown.height),
        )
        draw = ImageDraw.Draw(shown)
        draw.rectangle(box, outline=HALO, width=4)
        draw.rectangle(box, outline=OUTLINE, width=2)
    return shown


def _fitted(image: Image.Image) -> Image.Image:
    scale = min(COLUMN / image.width, COLUMN / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC)
