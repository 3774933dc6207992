from dataclasses import replace

import pytest

from agent.messages.disk_message import FULL, LOW, ROOM, DiskView, days_left, disk_message, percent, size
from tests.servers.slack.blocks import check_blocks

VIEW = DiskView(
    share=0.912,
    free_bytes=4_200_000_000,
    total_bytes=48_000_000_000,
    stop_share=0.97,
    days=6.4,
    is_known=True,
    least_days=1,
    normal_days=30,
)


@pytest.mark.parametrize("state", [LOW, FULL, ROOM])
def test_fits_slacks_limits_and_says_how_full_it_is(state: str) -> None:
    message = disk_message(state, VIEW)

    check_blocks(list(message.blocks), lambda _: True)
    assert "91 % full" in message.text
    assert "4.2 GB of 48.0 GB are free" in message.text


@pytest.mark.parametrize(
    ("days", "words"), [(0.4, "less than a day"), (1.0, "about 1 day."), (6.4, "about 6 days."), (0.0, "less than")]
)
def test_says_for_how_long(days: float, words: str) -> None:
    assert words in days_left(replace(VIEW, days=days))


def test_says_97_only_once_it_is() -> None:
    assert [percent(share) for share in (0.9699, 0.97, 0.29, 1.0)] == ["96 %", "97 %", "29 %", "100 %"]


def test_writes_bytes_in_the_unit_that_fits() -> None:
    assert [size(count) for count in (0, 12_000, 5_000_000, 2 * 10**12)] == ["0 kB", "12 kB", "5.0 MB", "2.0 TB"]
