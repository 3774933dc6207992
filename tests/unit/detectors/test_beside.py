from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detectors.beside import COLUMN, render_beside
from detectors.heatmap import render_heatmap, render_thumbnail
from storage.records import NearestNormal, Region

PIXELS = np.full((300, 400, 3), 120, np.uint8)
REGION = Region(200, 150, 40, 30, 900, 2.0, NearestNormal("good.png", 3, 0.5, (0.5, 0.5, 0.1, 0.1)))


@dataclass(frozen=True)
class Found:
    regions: tuple[Region, ...]
    map_threshold: float = 1.0

    @property
    def anomaly_map(self) -> NDArray[np.float32]:
        return np.ones((32, 32), np.float32)


def opened(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png))


def test_puts_the_odd_part_and_the_good_one_beside_the_heatmap() -> None:
    good = np.zeros((300, 400, 3), np.uint8)
    alone = opened(render_heatmap(PIXELS, Found((REGION,))))
    beside = opened(render_beside(PIXELS, Found((REGION,)), render_thumbnail(good, side=128)))
    column = np.asarray(beside)[:, alone.width :]

    assert beside.width == alone.width + 8 + COLUMN
    assert np.asarray(beside)[: alone.height, : alone.width].tobytes() == np.asarray(alone).tobytes()
    assert (column == 120).all(axis=2).any()
    assert (column == 0).all(axis=2).any()
    assert (column == 255).all(axis=2).any()


def test_leaves_the_heatmap_alone_where_there_is_nothing_to_compare_with() -> None:
    alone = render_heatmap(PIXELS, Found((REGION,)))

    assert render_beside(PIXELS, Found((REGION,)), None) == alone
    lonely = Found((replace(REGION, nearest=None),))
    assert render_beside(PIXELS, lonely, render_thumbnail(PIXELS, side=128)) == render_heatmap(PIXELS, lonely)
