"""Pictures for people: a heatmap on one fixed colour scale, a thumbnail, a crop; always re-encoded by us."""

from io import BytesIO
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from detectors.squares import resize
from storage.records import Region

LONGEST_SIDE = 1024
SHORTEST_SIDE = 480
THUMBNAIL_SIDE = 256
CROP_MARGIN = 0.5
SMALLEST_CROP = 64
LEGEND_HEIGHT = 34
JPEG_QUALITY = 75
INK, PAPER = (30, 34, 42), (250, 250, 250)
OUTLINE, HALO = (255, 255, 255), (20, 20, 20)
# Blue is normal, the pale middle the threshold, red abnormal; tells apart for the colour-blind too.
ANCHORS = np.array([(24, 52, 122), (58, 118, 184), (248, 236, 180), (236, 98, 44), (168, 8, 34)], dtype=np.float64)
# How much of the colour covers the photograph: little where it is normal, so that the part stays visible.
OPACITIES = np.array([0.30, 0.32, 0.46, 0.64, 0.72])
# Distances of normal parts already reach half the threshold, and few defects twice: most of the change lies between.
STEPS = np.array([0.0, 0.34, 0.5, 0.66, 1.0])


class Mapped(Protocol):
    """What a heatmap shows."""

    @property
    def anomaly_map(self) -> NDArray[np.float32]:
        """Return scores (h, w) over the whole image."""
        ...

    @property
    def map_threshold(self) -> float:
        """Return the score in the middle of the colour scale."""
        ...

    @property
    def regions(self) -> tuple[Region, ...]:
        """Return what is outlined."""
        ...


def render_heatmap(pixels: NDArray[np.uint8], scored: Mapped) -> bytes:
    """Return a PNG of the photograph under its anomaly map, regions outlined, with the scale; at most 1024 px long."""
    return as_png(draw_heatmap(pixels, scored))


def draw_heatmap(pixels: NDArray[np.uint8], scored: Mapped) -> Image.Image:
    """Return the same as a picture still to be encoded."""
    return _with_legend(_overlay(pixels, scored, LONGEST_SIDE - LEGEND_HEIGHT, at_least=SHORTEST_SIDE))


def render_small_heatmap(pixels: NDArray[np.uint8], scored: Mapped, *, side: int) -> bytes:
    """Return the same as a JPEG without the scale, `side` pixels on its long side: for pages that hold many."""
    return _jpeg(_overlay(pixels, scored, side, at_least=side))


def render_small_photo(pixels: NDArray[np.uint8], *, side: int) -> bytes:
    """Return a JPEG of a photograph, `side` pixels on its long side."""
    return _jpeg(_fitted(pixels, side, at_least=side))


def render_thumbnail(pixels: NDArray[np.uint8], *, side: int = THUMBNAIL_SIDE) -> bytes:
    """Return a PNG of at most `side` pixels on its long side."""
    return as_png(_fitted(pixels, side))


def render_crop(pixels: NDArray[np.uint8], region: Region) -> bytes:
    """Return a PNG of a region with half its size around it, at least 64 px of the original where there are so many."""
    return as_png(_fitted(around(pixels, region), LONGEST_SIDE))


def around(pixels: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
    """Return the pixels of a region with its surroundings."""
    height, width = pixels.shape[:2]
    left, right = _span(region.x, region.width, width)
    top, bottom = _span(region.y, region.height, height)
    return pixels[top:bottom, left:right]


def as_png(image: Image.Image) -> bytes:
    """Return a picture as PNG."""
    buffer = BytesIO()
    image.save(buffer, format="PNG", compress_level=3)
    return buffer.getvalue()


def blend(photo: NDArray[np.uint8], level: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Lay the colour of each level (0..1; above stays at red) over a photograph (H, W, 3)."""
    level = np.clip(level, 0, 1)
    opacity = np.interp(level, STEPS, OPACITIES)[:, :, None]
    # Grey below the colour: a red part must not look like a red alarm.
    grey = (photo @ np.array([0.299, 0.587, 0.114]))[:, :, None]
    mixed: NDArray[np.uint8] = np.rint(grey * (1 - opacity) + colours(level) * opacity).astype(np.uint8)
    return mixed


def colours(level: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the RGB colour (..., 3) of levels 0..1 on the fixed scale."""
    return np.stack([np.interp(level, STEPS, channel) for channel in ANCHORS.T], axis=-1)


def _overlay(pixels: NDArray[np.uint8], scored: Mapped, longest: int, *, at_least: int) -> Image.Image:
    photo = _fitted(pixels, longest, at_least=at_least)
    # A bank of copies may put the threshold at zero.
    top = max(2 * scored.map_threshold, np.finfo(np.float32).tiny)
    levels = Image.fromarray(scored.anomaly_map).resize(photo.size, Image.Resampling.BICUBIC)
    overlay = Image.fromarray(blend(np.asarray(photo), np.asarray(levels) / top))
    _outline(overlay, scored.regions, overlay.width / pixels.shape[1], overlay.height / pixels.shape[0])
    return overlay


def _span(start: int, length: int, limit: int) -> tuple[int, int]:
    size = min(limit, max(SMALLEST_CROP, round(length * (1 + 2 * CROP_MARGIN))))
    first = min(max(0, start + length // 2 - size // 2), limit - size)
    return first, first + size


def _fitted(pixels: NDArray[np.uint8], longest: int, *, at_least: int = 1) -> Image.Image:
    height, width = pixels.shape[:2]
    side = max(height, width)
    scale = min(longest / side, max(1.0, at_least / side))
    if scale == 1:
        return Image.fromarray(np.ascontiguousarray(pixels))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return resize(pixels, size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _outline(image: Image.Image, regions: tuple[Region, ...], across: float, down: float) -> None:
    draw = ImageDraw.Draw(image)
    for region in regions:
        left, top = region.x * across - 2, region.y * down - 2
        right, bottom = (region.x + region.width) * across + 2, (region.y + region.height) * down + 2
        box = (max(1, left), max(1, top), min(image.width - 2, right), min(image.height - 2, bottom))
        if box[2] > box[0] and box[3] > box[1]:
            draw.rectangle(box, outline=HALO, width=4)
            draw.rectangle(box, outline=OUTLINE, width=2)


def _with_legend(picture: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", (picture.width, picture.height + LEGEND_HEIGHT), PAPER)
    sheet.paste(picture, (0, 0))
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=13)
    middle = picture.height + LEGEND_HEIGHT // 2
    left, right = 66, picture.width - 76
    if right - left < SMALLEST_CROP:
        left, right = 6, picture.width - 6
    else:
        draw.text((8, middle), "normal", INK, font, anchor="lm")
        draw.text((picture.width - 8, middle), "abnormal", INK, font, anchor="rm")
    bar = np.rint(colours(np.linspace(0, 1, right - left))).astype(np.uint8)
    sheet.paste(Image.fromarray(np.repeat(bar[None], 12, axis=0)), (left, middle - 6))
    centre = (left + right) // 2
    draw.line((centre, middle - 10, centre, middle + 9), INK, 2)
    return sheet


def _jpeg(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format="JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()
