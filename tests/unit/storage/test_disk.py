from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.disk import days_until, disk_use, growth_a_day, is_over
from storage.records import DiskUse

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GB = 10**9


def use(used: float, total: float = 100) -> DiskUse:
    return DiskUse(int(used * GB), int((total - used) * GB))


def history(*used: float, every: timedelta = timedelta(hours=6)) -> list[tuple[datetime, DiskUse]]:
    return [(NOON + number * every, use(one)) for number, one in enumerate(used)]


def test_counts_as_df_does(tmp_path: Path) -> None:
    found = disk_use(tmp_path)

    assert 0 < found.share < 1
    assert found.used_bytes + found.free_bytes == found.total_bytes


def test_a_disk_of_no_size_is_full() -> None:
    assert DiskUse(0, 0).share == 1


def test_a_line_that_was_crossed_is_crossed_back_only_well_below_it() -> None:
    shares = [89, 90, 89.5, 89, 88.9]
    found, was_over = [], False
    for share in shares:
        was_over = is_over(use(share), 0.9, was_over=was_over)
        found.append(was_over)

    assert found == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("used", "wanted"),
    [
        ((10, 11, 12, 13, 14), 4.0),
        ((10, 11, 12, 13, 5, 6, 7, 8), 4.0),  # half of it was deleted once
        ((10, 10, 10), 0.0),
        ((10, 9, 8), -4.0),
    ],
)
def test_knows_how_fast_the_disk_fills(used: tuple[float, ...], wanted: float) -> None:
    growth = growth_a_day(history(*used))

    assert growth == pytest.approx(wanted * GB)


def test_does_not_say_how_fast_it_fills_before_it_has_looked_for_some_hours() -> None:
    assert growth_a_day(history(10)) is None
    assert growth_a_day(history(10, 20, every=timedelta(hours=5))) is None


def test_says_when_a_share_will_be_in_use() -> None:
    assert days_until(use(91), 0.97, 2 * GB) == pytest.approx(3)
    assert days_until(use(98), 0.97, 2 * GB) == 0
    assert days_until(use(91), 0.97, 0.0) is None
    assert days_until(use(91), 0.97, -GB) is None
    assert days_until(use(91), 0.97, None) is None
