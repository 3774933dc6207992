import io

import pytest
from PIL import Image

from detectors.jpeg_end import lacks_data
from tests.bad_files.jpegs import jpeg, scan_start


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def grey(level: int, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (level, level, level)).save(buffer, format="JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_tells_a_picture_whose_data_end_before_it(share: float) -> None:
    start = scan_start()
    data = jpeg()[: start + int(share * (len(jpeg()) - start))] + b"\xff\xd9"

    assert lacks_data(data, opened(data))


@pytest.mark.parametrize("level", [0, 126, 127, 128, 129, 255])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_whole_picture_of_any_grey_lacks_nothing(level: int, *, progressive: bool) -> None:
    data = grey(level, progressive=progressive)

    assert not lacks_data(data, opened(data))


def test_a_whole_picture_with_edges_lacks_nothing() -> None:
    assert not lacks_data(jpeg(), opened(jpeg()))
