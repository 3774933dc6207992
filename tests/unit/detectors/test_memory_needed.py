import io

import pytest
from PIL import Image

from detectors.memory_needed import TURNED, USUAL, WEBP, bytes_a_pixel


def needed(kind: str, **options: object) -> float:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, format=kind, **options)
    return bytes_a_pixel(Image.open(buffer), buffer.getvalue())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP"])
def test_most_pictures_cost_what_they_are(kind: str) -> None:
    assert needed(kind) == USUAL


def test_a_progressive_picture_costs_its_coefficients_too() -> None:
    assert needed("JPEG", progressive=True, subsampling=0) == USUAL + 6
    assert needed("JPEG", progressive=True, subsampling=2) == USUAL + 3


def test_a_webp_and_a_turned_tiff_cost_copies() -> None:
    assert needed("WEBP") == WEBP
    assert needed("TIFF", tiffinfo={274: 6}) == TURNED
