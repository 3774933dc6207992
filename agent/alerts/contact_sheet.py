"""Several of our own PNGs pasted into one, each with its id above it."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

TILE_WIDTH, TILE_HEIGHT, CAPTION, GAP = 320, 240, 24, 8
ACROSS = 3
MOST_TILES = 9
# A crop of few pixels is shown larger, so that there is something to see.
MOST_ENLARGED = 4
PAPER, INK = (24, 24, 27), (244, 244, 245)


def contact_sheet(pictures: Sequence[tuple[str, bytes]]) -> bytes | None:
    """Return a PNG of up to nine pictures, three in a row; None where none of them can be read."""
    tiles = [(caption, tile) for caption, content in pictures if (tile := _tile(content)) is not None][:MOST_TILES]
    if not tiles:
        return None
    across, down = min(ACROSS, len(tiles)), -(-len(tiles) // ACROSS)
    cell_width, cell_height = TILE_WIDTH + GAP, TILE_HEIGHT + CAPTION + GAP
    sheet = Image.new("RGB", (across * cell_width + GAP, down * cell_height + GAP), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=16)
    for number, (caption, tile) in enumerate(tiles):
        left, top = GAP + number % ACROSS * cell_width, GAP + number // ACROSS * cell_height
        draw.text((left, top), caption, INK, font=font)
        sheet.paste(tile, (left, top + CAPTION))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _tile(content: bytes) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            tile = image.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError):
        return None
    scale = min(TILE_WIDTH / tile.width, TILE_HEIGHT / tile.height, MOST_ENLARGED)
    size = (max(1, round(tile.width * scale)), max(1, round(tile.height * scale)))
    return tile.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC)
