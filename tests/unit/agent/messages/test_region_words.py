import pytest

from agent.messages.region_words import describe_regions
from storage.records import Region


def region(x: int, y: int, *, peak: float = 1.0) -> Region:
    return Region(x, y, width=34, height=20, area=500, peak=peak)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (120, 40, "top left, 34x20 px at (120, 40)"),
        (303, 230, "centre, 34x20 px at (303, 230)"),
        (600, 450, "bottom right, 34x20 px at (600, 450)"),
        (300, 0, "top, 34x20 px at (300, 0)"),
    ],
)
def test_says_where_on_the_part(x: int, y: int, words: str) -> None:
    assert describe_regions((region(x, y),), width=640, height=480) == words


def test_names_the_worst_and_counts_the_others() -> None:
    found = (region(0, 0), region(600, 450, peak=9.0), region(0, 450))

    assert describe_regions(found, width=640, height=480) == "bottom right, 34x20 px at (600, 450) and 2 more"


def test_gives_only_pixels_where_the_size_is_unknown_and_nothing_without_regions() -> None:
    assert describe_regions((region(1, 2),), width=0, height=0) == "34x20 px at (1, 2)"
    assert describe_regions((), width=640, height=480) == ""
