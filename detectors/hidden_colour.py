"""Transparency that the file says in another way than the decoder takes it."""

from PIL import Image

GREY, COLOUR, DEEP = 0, 2, 16
FEW_BITS = (2, 4)
DEPTH_AT, KIND_AT = 24, 25
NOTHING = (0, 0)


def mend_hidden_colour(image: Image.Image, data: bytes) -> None:
    """Say the transparent colour of a PNG in the 8 bits of its decoded pixels: the file says it in its own depth."""
    hidden = image.info.get("transparency")
    if image.format != "PNG" or hidden is None:
        return
    depth, kind = data[DEPTH_AT], data[KIND_AT]
    if kind == GREY and depth in FEW_BITS:
        image.info["transparency"] = hidden * 255 // (2**depth - 1)
    elif kind == COLOUR and depth == DEEP:
        image.info["transparency"] = tuple(value >> 8 for value in hidden)  # of 16 bits a channel the high byte is kept


def hides_all(image: Image.Image) -> bool:
    """Say whether a BMP has an alpha channel that its program left at zero: then it means nothing."""
    return image.format == "BMP" and image.mode == "RGBA" and image.getextrema()[-1] == NOTHING
