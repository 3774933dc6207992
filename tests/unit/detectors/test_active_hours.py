from datetime import UTC, datetime, timedelta

import pytest

from config.sources import ActiveSettings
from detectors.active_hours import active_between, is_active

ZONE = "Europe/Berlin"
SHIFT = ActiveSettings(days=("mon", "tue", "wed", "thu", "fri"), start="06:00", end="22:00")
NIGHT = ActiveSettings(days=("fri",), start="22:00", end="06:00")


def berlin_winter(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("day", "hour", "hours", "expected"),
    [
        (20, 6, SHIFT, True),
        (20, 5, SHIFT, False),
        (20, 22, SHIFT, False),
        (21, 12, SHIFT, False),
        (20, 23, NIGHT, True),
        (21, 5, NIGHT, True),
        (21, 6, NIGHT, False),
        (22, 3, ActiveSettings(), True),
    ],
)
def test_tells_active_hours_in_the_sources_zone(day: int, hour: int, hours: ActiveSettings, *, expected: bool) -> None:
    assert is_active(berlin_winter(day, hour), hours, ZONE) is expected


def test_counts_only_active_hours_over_a_weekend() -> None:
    friday, monday = berlin_winter(20, 21), berlin_winter(23, 7)

    assert active_between(friday, monday, SHIFT, ZONE) == timedelta(hours=2)
    assert active_between(friday, monday, ActiveSettings(), ZONE) == monday - friday
    assert active_between(monday, friday, ActiveSettings(), ZONE) == timedelta(0)


def test_a_night_has_nine_hours_where_the_clock_goes_back() -> None:
    night = ActiveSettings(start="22:00", end="06:00")
    saturday = datetime(2026, 10, 24, 12, tzinfo=UTC)

    assert active_between(saturday, saturday + timedelta(hours=22), night, ZONE) == timedelta(hours=9)
