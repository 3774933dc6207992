import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from detectors.heatmap import (
    LEGEND_HEIGHT,
    blend,
    colours,
    render_crop,
    render_heatmap,
    render_small_heatmap,
    render_small_photo,
    render_thumbnail,
)
from detectors.scoring import ScoredImage
from storage.records import Region, Verdict


def scored(level: float = 1.0, *, regions: tuple[Region, ...] = ()) -> ScoredImage:
    return ScoredImage(
        score=1.0,
        threshold=1.0,
        p_value=0.5,
        verdict=Verdict.ANOMALOUS if regions else Verdict.NORMAL,
        fault=None,
        anomaly_map=np.full((64, 64), level, dtype=np.float32),
        map_threshold=10.0,
        regions=regions,
        vectors=np.zeros((len(regions), 4), dtype=np.float16),
        milliseconds=1.0,
    )


def grey(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 128, dtype=np.uint8)


def opened(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    return image


def middle(png: bytes) -> tuple[int, int, int]:
    image = opened(png)
    red, green, blue = np.asarray(image)[(image.height - LEGEND_HEIGHT) // 2, image.width // 2].tolist()
    return red, green, blue


def test_normal_is_blue_and_abnormal_is_red() -> None:
    red, _, blue = middle(render_heatmap(grey(200, 300), scored(2.0)))
    assert blue > red + 20

    red, _, blue = middle(render_heatmap(grey(200, 300), scored(18.0)))
    assert red > blue + 60


def test_the_scale_is_the_same_for_every_picture() -> None:
    alone = scored(12.0)
    beside = scored(12.0)
    beside.anomaly_map[:4, :4] = 500

    assert middle(render_heatmap(grey(200, 300), alone)) == middle(render_heatmap(grey(200, 300), beside))


def test_the_threshold_is_the_middle_of_the_scale() -> None:
    pale = colours(np.array([0.5]))[0]

    assert pale[0] > 200
    assert pale[1] > 200
    below, above = colours(np.array([0.3]))[0], colours(np.array([0.7]))[0]
    assert below[2] > below[0]
    assert above[0] > above[2]


def test_levels_beyond_the_scale_stay_at_its_ends() -> None:
    photo = grey(1, 3)

    mixed = blend(photo, np.array([[-5.0, 1.0, 50.0]]))

    assert mixed[0, 1].tolist() == mixed[0, 2].tolist()


@pytest.mark.parametrize(("height", "width"), [(3000, 4000), (4000, 500), (160, 160), (1, 1), (20, 900)])
def test_a_heatmap_is_at_most_1024_pixels_long(height: int, width: int) -> None:
    image = opened(render_heatmap(grey(height, width), scored(regions=(Region(0, 0, 1, 1, 1, 12.0),))))

    assert max(image.size) <= 1024


def test_outlines_a_region() -> None:
    region = Region(x=400, y=300, width=200, height=150, area=30_000, peak=15.0)

    plain = np.asarray(opened(render_heatmap(grey(900, 900), scored()))).astype(int)
    marked = np.asarray(opened(render_heatmap(grey(900, 900), scored(regions=(region,))))).astype(int)

    rows, columns = np.nonzero(np.abs(plain - marked).sum(axis=2))
    assert abs(columns.min() - 400) <= 4
    assert abs(rows.max() - 450) <= 4
    assert not np.abs(plain - marked)[320:430, 420:580].any()


def test_a_thumbnail_keeps_its_shape() -> None:
    assert opened(render_thumbnail(grey(1000, 500))).size == (128, 256)
    assert opened(render_thumbnail(grey(60, 50))).size == (50, 60)
    assert opened(render_thumbnail(grey(1000, 500), side=128)).size == (64, 128)


def test_a_crop_holds_the_region_and_a_margin() -> None:
    pixels = grey(600, 800)
    pixels[200:300, 400:600] = 255

    crop = np.asarray(opened(render_crop(pixels, Region(400, 200, 200, 100, 20_000, 5.0))))

    assert crop.shape == (200, 400, 3)
    assert (crop == 255).all(axis=2).sum() == 200 * 100


@pytest.mark.parametrize("region", [Region(0, 0, 5, 5, 25, 1.0), Region(790, 590, 10, 10, 9, 1.0)])
def test_a_crop_at_the_edge_stays_inside(region: Region) -> None:
    assert opened(render_crop(grey(600, 800), region)).size == (64, 64)


def test_a_crop_of_a_tiny_image_is_the_image() -> None:
    assert opened(render_crop(grey(9, 12), Region(2, 2, 3, 3, 9, 1.0))).size == (12, 9)


def test_draws_a_map_whose_threshold_is_zero() -> None:
    assert opened(render_heatmap(grey(100, 100), replace(scored(), map_threshold=0.0))).width > 0


@pytest.mark.parametrize(("height", "width"), [(30, 60), (600, 1200)])
def test_small_pictures_are_of_one_size_whatever_the_photo(height: int, width: int) -> None:
    for jpeg in (
        render_small_photo(grey(height, width), side=480),
        render_small_heatmap(grey(height, width), scored(), side=480),
    ):
        image = Image.open(io.BytesIO(jpeg))
        assert (image.format, image.size) == ("JPEG", (480, 240))
