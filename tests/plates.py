"""Small synthetic plates: brushed metal, and the same with a dark scratch."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIDE = 128


def make_plate(seed: int, *, has_scratch: bool = False) -> Image.Image:
    """Return one plate; the same seed gives the same plate."""
    chance = np.random.default_rng(seed)
    rows = chance.normal(150, 6, (SIDE, 1)) + chance.normal(0, 4, (SIDE, SIDE))
    pixels = np.repeat(np.clip(rows, 0, 255)[..., None], 3, axis=2).astype(np.uint8)
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    draw.ellipse((SIDE // 2 - 20, SIDE // 2 - 20, SIDE // 2 + 20, SIDE // 2 + 20), fill=(90, 90, 95))
    if has_scratch:
        x, y = chance.integers(20, SIDE - 60, 2)
        draw.line((x, y, x + 40, y + 25), fill=(10, 10, 10), width=5)
    return image


def write_plates(folder: Path, count: int, *, has_scratch: bool = False, first_seed: int = 0) -> list[Path]:
    """Write plates as PNG and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number in range(count):
        file = folder / f"plate-{number:03d}.png"
        make_plate(first_seed + number, has_scratch=has_scratch).save(file)
        files.append(file)
    return files
