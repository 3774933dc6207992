"""A picture in a terminal: two pixels a character, in true colour."""

from pathlib import Path

from PIL import Image
from rich.color import Color
from rich.segment import Segment, Segments
from rich.style import Style

UPPER_HALF = "\N{UPPER HALF BLOCK}"


def picture_of(file: Path, *, columns: int) -> Segments:
    """Return a PNG of ours as coloured half blocks, `columns` wide."""
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    rows = max(2, round(columns * image.height / image.width / 2) * 2)
    small = image.resize((columns, rows), Image.Resampling.BOX)
    segments = []
    for y in range(0, rows, 2):
        for x in range(columns):
            style = Style(color=_colour(small, x, y), bgcolor=_colour(small, x, y + 1))
            segments.append(Segment(UPPER_HALF, style))
        segments.append(Segment.line())
    return Segments(segments)


def _colour(image: Image.Image, x: int, y: int) -> Color:
    pixel = image.getpixel((x, y))
    red, green, blue = pixel if isinstance(pixel, tuple) else (0, 0, 0)
    return Color.from_rgb(red, green, blue)
