import pytest

from detectors.shapes.tiff import (
    MOST_STRIPS,
    OFFSETS,
    TILE_HEIGHT,
    TILE_WIDTH,
    WIDTH,
    has_all_strips,
    is_white_zero,
    read_directory,
    refuse_tiff,
)
from storage.records import RejectReason
from tests.bad_files.tiffs import COLOURS, COUNTS, tiff

STRIP = bytes(2400)
MOST = 4_000_000


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_reads_a_directory_of_each_kind(order: str, *, big: bool) -> None:
    data = tiff({}, [STRIP[:1200], STRIP[:1200]], order=order, big=big)

    found = read_directory(data)

    assert found is not None
    assert found.first(WIDTH) == 60
    assert found.counts[OFFSETS] == 2
    assert has_all_strips(data)
    assert refuse_tiff(data, MOST) is None


def test_no_beginning_of_a_file_has_all_strips_or_a_directory() -> None:
    data = tiff({}, [STRIP])

    assert not any(has_all_strips(data[:length]) for length in range(0, len(data) - 4, 7))
    assert refuse_tiff(data[:100], MOST) is RejectReason.TRUNCATED


def test_says_whether_white_is_zero() -> None:
    assert is_white_zero(tiff({COLOURS: 0}, [STRIP]))
    assert not is_white_zero(tiff({COLOURS: 1}, [STRIP]))


def test_refuses_what_would_cost_too_much() -> None:
    many = [8] * (MOST_STRIPS + 1)

    assert refuse_tiff(tiff({OFFSETS: many, COUNTS: many}, [STRIP]), MOST) is RejectReason.TOO_LARGE
    assert refuse_tiff(tiff({TILE_WIDTH: 3000, TILE_HEIGHT: 3000}, [STRIP]), MOST) is RejectReason.TOO_MANY_PIXELS
