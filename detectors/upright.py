"""A loaded picture in bands of upright rows, so that no second copy of a large one is ever made."""

from collections.abc import Iterator

from PIL import Image

from detectors.shapes import png

ORIENTATION = 0x0112
# Each is some 4 MB as RGB.
BAND_PIXELS = 1_400_000
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Of the upright rows in order, these orientations have the rows, or the columns, of the file from its end.
FROM_THE_END = frozenset({3, 4, 7, 8})
ON_THE_SIDE = frozenset({5, 6, 7, 8})


def exif_of(image: Image.Image, data: bytes) -> Image.Exif:
    """Return a file's EXIF, empty where it has none.

    Texts and XMP that repeat it are not asked: programs turn a picture and leave what those say, and no viewer minds.
    """
    if image.format == "TIFF":
        return image.getexif()
    exif = Image.Exif()
    exif.load(png.exif_block(data) if image.format == "PNG" else image.info.get("exif", b""))
    return exif


def orientation_of(image: Image.Image, data: bytes) -> int:
    """Return how a picture lies, 1 to 8 as EXIF counts; 1 where it does not say."""
    try:
        found = exif_of(image, data).get(ORIENTATION, 1)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a broken EXIF block costs what it says, never the picture
        return 1
    return found if found in TURNS else 1


def load_as_stored(image: Image.Image, data: bytes) -> int:
    """Load a picture as its file has it and return how that lies; of a TIFF the library would make a turned copy."""
    orientation = orientation_of(image, data)
    if image.format == "TIFF" and orientation != 1:
        del image.getexif()[ORIENTATION]
    image.load()
    image._size = image.im.size  # a TIFF's were its upright ones  # noqa: SLF001 - as the library does when it turns one
    return orientation


def upright_size(image: Image.Image, orientation: int) -> tuple[int, int]:
    """Return (height, width) of the picture once it is upright."""
    width, height = image.size
    return (width, height) if orientation in ON_THE_SIDE else (height, width)


def upright_bands(image: Image.Image, orientation: int) -> Iterator[Image.Image]:
    """Yield the upright picture from its top to its bottom, some rows at a time."""
    height, width = upright_size(image, orientation)
    step = max(1, BAND_PIXELS // width)
    for top in range(0, height, step):
        bottom = min(height, top + step)
        band = image.crop(_box(image, orientation, top, bottom))
        yield band.transpose(TURNS[orientation]) if orientation in TURNS else band


def _box(image: Image.Image, orientation: int, top: int, bottom: int) -> tuple[int, int, int, int]:
    """Return where the file has upright rows top to bottom."""
    width, height = image.size
    if orientation in FROM_THE_END:
        length = width if orientation in ON_THE_SIDE else height
        top, bottom = length - bottom, length - top
    return (top, 0, bottom, height) if orientation in ON_THE_SIDE else (0, top, width, bottom)
