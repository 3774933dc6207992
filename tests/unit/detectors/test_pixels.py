import numpy as np
import pytest
from PIL import Image

from detectors.pixels import BACKGROUND, PixelRule, PixelsError, to_rgb
from storage.records import RejectReason


def grey_of(values: np.ndarray, bit_depth: int | None = None) -> list[int]:
    rgb = to_rgb(Image.fromarray(values), PixelRule(bit_depth))
    assert np.array_equal(rgb[:, :, 0], rgb[:, :, 2])
    grey: list[int] = rgb[0, :, 0].tolist()
    return grey


def reason_of(values: np.ndarray, bit_depth: int | None = None) -> RejectReason:
    with pytest.raises(PixelsError) as caught:
        to_rgb(Image.fromarray(values), PixelRule(bit_depth))
    return caught.value.reason


def test_a_16_bit_ramp_keeps_all_its_levels() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None]

    assert grey_of(ramp) == list(range(256))


@pytest.mark.parametrize("bit_depth", [8, 10, 12, 14, 16])
def test_the_declared_depth_sets_the_top(bit_depth: int) -> None:
    top = 2**bit_depth - 1

    assert grey_of(np.array([[0, top // 2 + 1, top]], dtype=np.uint16), bit_depth) == [0, 128, 255]


def test_the_same_value_means_the_same_whatever_else_a_picture_holds() -> None:
    dim, bright = np.array([[100, 200]], dtype=np.uint16), np.array([[100, 4000]], dtype=np.uint16)

    assert grey_of(dim, 12)[0] == grey_of(bright, 12)[0]


def test_a_value_above_the_declared_depth_is_refused_not_clipped() -> None:
    assert reason_of(np.array([[0, 4096]], dtype=np.uint16), 12) is RejectReason.SETTINGS_MISMATCH
    assert reason_of(np.array([[0, 65536]], dtype=np.int32)) is RejectReason.SETTINGS_MISMATCH
    assert reason_of(np.array([[-1, 5]], dtype=np.int32)) is RejectReason.SETTINGS_MISMATCH


def test_32_bit_integers_follow_the_same_rule() -> None:
    assert grey_of(np.array([[0, 65535]], dtype=np.int32)) == [0, 255]
    assert grey_of(np.array([[0, 1023]], dtype=np.int32), 10) == [0, 255]


def test_floats_count_from_zero_to_one() -> None:
    assert grey_of(np.array([[0, 0.5, 1.0, 1.0001]], dtype=np.float32)) == [0, 128, 255, 255]


def test_floats_count_to_the_declared_depth() -> None:
    assert grey_of(np.array([[0, 2047.5, 4095]], dtype=np.float32), 12) == [0, 128, 255]


def test_floats_beyond_their_top_are_refused() -> None:
    assert reason_of(np.array([[0.0, 200.0]], dtype=np.float32)) is RejectReason.SETTINGS_MISMATCH
    assert reason_of(np.array([[-0.5, 0.5]], dtype=np.float32)) is RejectReason.SETTINGS_MISMATCH


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_floats_that_are_not_finite_are_refused(value: float) -> None:
    assert reason_of(np.array([[0.5, value]], dtype=np.float32)) is RejectReason.NOT_FINITE


@pytest.mark.parametrize("bit_depth", [None, 12, 16])
def test_a_declared_depth_does_not_touch_8_bit_pictures(bit_depth: int | None) -> None:
    assert grey_of(np.array([[0, 7, 255]], dtype=np.uint8), bit_depth) == [0, 7, 255]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_shows_one_fixed_background(mode: str) -> None:
    clear = Image.new("RGBA", (4, 4), (250, 10, 10, 0)).convert(mode)
    if mode == "P":
        clear.info["transparency"] = clear.getpixel((0, 0))

    assert to_rgb(clear, PixelRule(None))[0, 0].tolist() == list(BACKGROUND)


def test_a_palette_and_a_print_colour_become_rgb() -> None:
    red = Image.new("RGB", (4, 4), (255, 0, 0))

    assert to_rgb(red.convert("P"), PixelRule(None))[0, 0].tolist() == [255, 0, 0]
    assert to_rgb(red.convert("CMYK"), PixelRule(None))[0, 0].tolist() == [255, 0, 0]
    assert to_rgb(Image.new("1", (4, 4), 1), PixelRule(None))[0, 0].tolist() == [255, 255, 255]


def test_a_colour_mode_without_a_rule_is_refused() -> None:
    with pytest.raises(PixelsError) as caught:
        to_rgb(Image.new("LAB", (4, 4)), PixelRule(None))

    assert caught.value.reason is RejectReason.FORMAT_NOT_ALLOWED
