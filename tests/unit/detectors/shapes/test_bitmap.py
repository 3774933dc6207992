import pytest

from detectors.shapes.bitmap import MOST_RUN_BYTES, refuse_bitmap
from storage.records import RejectReason
from tests.bad_files.bitmaps import RLE8, bmp


def test_a_whole_picture_is_not_refused() -> None:
    assert refuse_bitmap(bmp(bytes(7200), 24)) is None


@pytest.mark.parametrize("length", [2, 17, 40])
def test_the_beginning_of_one_is_cut(length: int) -> None:
    assert refuse_bitmap(bmp(bytes(7200), 24)[:length]) is RejectReason.TRUNCATED


def test_run_lengths_that_take_long_are_too_large() -> None:
    assert refuse_bitmap(bmp(bytes(MOST_RUN_BYTES), 8, compression=RLE8)) is RejectReason.TOO_LARGE
    assert refuse_bitmap(bmp(bytes(9000), 8, compression=RLE8)) is None
