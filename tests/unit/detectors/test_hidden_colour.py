from PIL import Image

from detectors.hidden_colour import hides_all, mend_hidden_colour
from tests.bad_files.pngs import COLOUR, GREY, START, header


def picture(kind: str, mode: str, **info: object) -> Image.Image:
    image = Image.new(mode, (4, 4))
    image.format = kind
    image.info.update(info)
    return image


def hidden_in(depth: int, kind: int, value: object) -> object:
    image = picture("PNG", "RGB", transparency=value)
    mend_hidden_colour(image, START + header(depth, kind))
    return image.info["transparency"]


def test_says_the_hidden_colour_in_eight_bits() -> None:
    assert hidden_in(2, GREY, 1) == 85
    assert hidden_in(4, GREY, 15) == 255
    assert hidden_in(16, COLOUR, (0xFA14, 0, 0x7FFF)) == (0xFA, 0, 0x7F)


def test_leaves_a_hidden_colour_of_eight_bits_as_it_is() -> None:
    assert hidden_in(8, GREY, 80) == 80
    assert hidden_in(16, GREY, 40_000) == 40_000


def test_an_alpha_channel_left_at_zero_hides_a_bitmap_only() -> None:
    assert hides_all(picture("BMP", "RGBA"))
    assert not hides_all(picture("PNG", "RGBA"))
    assert not hides_all(picture("BMP", "RGB"))
