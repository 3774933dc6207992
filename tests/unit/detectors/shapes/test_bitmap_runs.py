import io

import numpy as np
import pytest
from PIL import Image

from detectors.shapes.bitmap_runs import without_runs
from tests.bad_files.bitmaps import GREYS, RLE4, RLE8, bmp

MOST = 50_000_000


def packed(*data: int, compression: int = RLE8, depth: int = 8, width: int = 4, height: int = 2) -> bytes:
    return bmp(bytes(data), depth, compression=compression, palette=GREYS, width=width, height=height)


def values(data: bytes) -> list[list[int]]:
    with Image.open(io.BytesIO(without_runs(data, MOST))) as image:
        assert image.info["compression"] == 0
        found: list[list[int]] = np.asarray(image.convert("L")).tolist()
    return found


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (packed(4, 9, 0, 0, 2, 7, 2, 8, 0, 1), [[7, 7, 8, 8], [9, 9, 9, 9]]),
        (packed(4, 9, 0, 0, 4, 7), [[7, 7, 7, 7], [9, 9, 9, 9]]),
        (packed(1, 9, 0, 0, 1, 7, 0, 1), [[7, 0, 0, 0], [9, 0, 0, 0]]),
        (packed(1, 9, 0, 1), [[0, 0, 0, 0], [9, 0, 0, 0]]),
        (packed(9, 5, 0, 0, 0, 1), [[0, 0, 0, 0], [5, 5, 5, 5]]),
        (packed(0, 3, 1, 2, 3, 99, 1, 4, 0, 1), [[0, 0, 0, 0], [1, 2, 3, 4]]),
        (packed(0, 2, 2, 1, 1, 9, 0, 1), [[0, 0, 9, 0], [0, 0, 0, 0]]),
        (packed(0, 0, 0, 0, 0, 0, 4, 9, 0, 1), [[0, 0, 0, 0], [0, 0, 0, 0]]),
        (packed(3, 0x12, 0, 3, 0x34, 0x50, 0, 1, compression=RLE4, depth=4), [[0, 0, 0, 0], [1, 2, 1, 3]]),
    ],
    ids=["rows", "no-end", "short-rows", "early-end", "long-run", "unpacked", "jump", "above-the-top", "in-halves"],
)
def test_unpacks(data: bytes, seen: list[list[int]]) -> None:
    assert values(data) == seen


@pytest.mark.parametrize(
    "data",
    [
        packed(4, 9, 0, 0, 2, 7),
        packed(4, 9, 0, 0, 0, 9, 1),
        packed(),
        packed(4, 9, 0, 1, width=60_000, height=60_000),
        bmp(bytes(8), 8, palette=GREYS, width=4, height=2),
    ],
    ids=["breaks-off", "breaks-off-in-a-run", "empty", "too-large", "not-packed"],
)
def test_leaves_others_as_they_are(data: bytes) -> None:
    assert without_runs(data, MOST) is data
