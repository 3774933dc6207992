"""The largest pictures that are still decoded, of each kind: small as files, as costly as a file may be."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 8000, 6200
Maker = Callable[[Path], None]


def textured(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Return a picture that changes everywhere, gently."""
    small = np.random.default_rng(1).integers(0, 255, (height // 50, width // 50, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def plain(mode: str, colour: object, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Return a picture of one colour."""
    return Image.new(mode, (width, height), colour)  # type: ignore[arg-type]  # a number or a tuple, as the mode has it


def _array(value: float, kind: type[np.generic]) -> Image.Image:
    return Image.fromarray(np.full((HEIGHT, WIDTH), value, kind))


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


LARGE: dict[str, Maker] = {
    "colour.png": lambda path: plain("RGB", (9, 8, 7)).save(path, compress_level=1),
    "texture.png": lambda path: textured().save(path, compress_level=1),
    "alpha.png": lambda path: plain("RGBA", (9, 8, 7, 99)).save(path, compress_level=1),
    "grey-16.png": lambda path: _array(777, np.uint16).save(path, compress_level=1),
    "baseline.jpg": lambda path: textured().save(path, quality=85),
    "turned.jpg": lambda path: textured().save(path, quality=85, exif=_turned()),
    "progressive.jpg": lambda path: textured().save(path, quality=85, progressive=True),
    "print-colours.jpg": lambda path: textured().convert("CMYK").save(path, quality=80),
    "colour.tif": lambda path: plain("RGB", (9, 8, 7)).save(path, compression="tiff_deflate"),
    "turned.tif": lambda path: plain("RGB", (9, 8, 7), 7000, 6200).save(
        path, compression="tiff_deflate", tiffinfo={274: 6}
    ),
    "floats.tif": lambda path: _array(0.5, np.float32).save(path, compression="tiff_deflate"),
    "fax.tif": lambda path: plain("1", 1).save(path, compression="group4"),
    "grey.bmp": lambda path: plain("L", 9).save(path),
    "lossless.webp": lambda path: plain("RGB", (9, 8, 7), 5000, 3900).save(path, lossless=True, method=0),
    "lossy.webp": lambda path: textured(5000, 3900).save(path, quality=50, method=0),
}
