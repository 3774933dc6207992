from datetime import UTC, datetime

import pytest

from storage.moments import MomentError, read_moment

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)  # 10:00 in Berlin


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9:32", "2026-11-25T08:32:00"),
        ("at 09:32:10", "2026-11-25T08:32:10"),
        ("10:32", "2026-11-24T09:32:00"),
        ("yesterday 09:00", "2026-11-24T08:00:00"),
        ("today 09:00", "2026-11-25T08:00:00"),
        ("2026-11-20 23:10", "2026-11-20T22:10:00"),
        ("2026-11-20T23:10:00Z", "2026-11-20T23:10:00"),
    ],
)
def test_reads_a_moment_in_the_zone(text: str, expected: str) -> None:
    found = read_moment(text, zone="Europe/Berlin", now=NOW)

    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_puts_a_time_that_the_clocks_skip_after_the_gap() -> None:
    summer = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)

    assert read_moment("02:30", zone="Europe/Berlin", now=summer) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["soon", "25:00", "10:61", "", "10", "<!channel> 10:00"])
def test_refuses_what_is_no_moment(text: str) -> None:
    with pytest.raises(MomentError, match="is no time"):
        read_moment(text, zone="UTC", now=NOW)
