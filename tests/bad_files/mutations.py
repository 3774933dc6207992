"""Real files with something done to them: cut, overwritten, doubled, moved, mixed with others."""

import io
from collections.abc import Callable
from functools import cache

import numpy as np
from PIL import Image

from tests.plates import make_plate

MOST_BYTES = 2000
# How Pillow writes a plate: format, mode, options.
WRITTEN: dict[str, tuple[str, str, dict[str, object]]] = {
    "png": ("PNG", "RGB", {}),
    "png-palette": ("PNG", "P", {}),
    "png-alpha": ("PNG", "RGBA", {}),
    "png-deep": ("PNG", "I;16", {}),
    "jpeg": ("JPEG", "RGB", {}),
    "jpeg-progressive": ("JPEG", "RGB", {"progressive": True}),
    "jpeg-print": ("JPEG", "CMYK", {}),
    "tiff": ("TIFF", "RGB", {}),
    "tiff-lzw": ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    "tiff-deflate": ("TIFF", "L", {"compression": "tiff_deflate"}),
    "tiff-jpeg": ("TIFF", "RGB", {"compression": "jpeg"}),
    "tiff-fax": ("TIFF", "1", {"compression": "group4"}),
    "tiff-floats": ("TIFF", "F", {}),
    "bmp": ("BMP", "RGB", {}),
    "bmp-palette": ("BMP", "P", {}),
    "webp": ("WEBP", "RGB", {}),
    "webp-lossless": ("WEBP", "RGBA", {"lossless": True}),
}


@cache
def written(kind: str) -> bytes:
    """Return a plate as a file of this kind."""
    format_name, mode, options = WRITTEN[kind]
    picture = make_plate(7)
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    elif mode == "F":
        picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.float32) / 255)
    else:
        picture = picture.convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, format=format_name, **options)
    return buffer.getvalue()


def mutated(kind: str, seed: int) -> bytes:
    """Return a file of this kind with one to three things done to it."""
    chance = np.random.default_rng(seed)
    data = written(kind)
    for _ in range(int(chance.integers(1, 4))):
        data = MUTATIONS[int(chance.integers(len(MUTATIONS)))](data, chance)
    return data


def _place(data: bytes, chance: np.random.Generator) -> tuple[int, int]:
    """Return where a piece starts and ends; more often than not in the headers."""
    start = int(chance.integers(min(len(data), 200) if chance.random() < 0.5 else len(data))) if data else 0
    return start, start + int(chance.integers(1, MOST_BYTES))


def _cut(data: bytes, chance: np.random.Generator) -> bytes:
    return data[: _place(data, chance)[0]]


def _changed(data: bytes, chance: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for _ in range(int(chance.integers(1, 20))):
        start, _ = _place(data, chance)
        changed[start : start + 1] = chance.bytes(1)
    return bytes(changed)


def _numbers(data: bytes, chance: np.random.Generator) -> bytes:
    start, _ = _place(data, chance)
    value = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1)[int(chance.integers(9))]
    size = max(1, -(-value.bit_length() // 8))
    return data[:start] + value.to_bytes(size, "little" if chance.random() < 0.5 else "big") + data[start + size :]


def _zeroed(data: bytes, chance: np.random.Generator) -> bytes:
    start, end = _place(data, chance)
    return data[:start] + bytes(end - start) + data[end:]


def _doubled(data: bytes, chance: np.random.Generator) -> bytes:
    start, end = _place(data, chance)
    return data[:end] + data[start:end] + data[end:]


def _left_out(data: bytes, chance: np.random.Generator) -> bytes:
    start, end = _place(data, chance)
    return data[:start] + data[end:]


def _mixed(data: bytes, chance: np.random.Generator) -> bytes:
    start, end = _place(data, chance)
    other = written(list(WRITTEN)[int(chance.integers(len(WRITTEN)))])
    return data[:start] + other[start:end] + data[end:]


MUTATIONS: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
    _cut,
    _changed,
    _numbers,
    _zeroed,
    _doubled,
    _left_out,
    _mixed,
)
