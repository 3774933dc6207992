"""Whether a JPEG with an end has data up to there; the decoder fills what lacks with grey and says nothing."""

from io import BytesIO

from PIL import Image

from detectors.shapes.jpeg import with_more_data

# Blocks without data are the middle of the range; rounding and colour conversion move it by little.
FILLED = range(126, 131)
BLOCK = 8
MORE = bytes(range(1, 250)) * 8


def lacks_data(data: bytes, image: Image.Image) -> bool:
    """Say whether a loaded JPEG is filled up in its last corner, where more data would have changed it."""
    width, height = image.size
    corner = image.crop((max(0, width - BLOCK), max(0, height - BLOCK), width, height))
    low, high = zip(*((band.getextrema()) for band in corner.split()), strict=True)
    if not all(value in FILLED for value in (*low, *high)):
        return False
    return _in_small(data) != _in_small(with_more_data(data, MORE))


def _in_small(data: bytes) -> bytes:
    """Return the pixels of an eighth of the size, which take little to decode."""
    with Image.open(BytesIO(data), formats=("JPEG",)) as image:
        image.draft(image.mode, (1, 1))
        return image.tobytes()
