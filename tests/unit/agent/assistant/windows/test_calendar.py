from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from agent.assistant.windows.calendar import Calendar, add_units, next_start, spans_of, start_of
from storage.records import Window

BERLIN = "Europe/Berlin"
CALENDAR = Calendar(datetime(2026, 3, 29, 12, tzinfo=UTC), BERLIN)


def test_moves_a_clock_time_that_summer_time_skips_to_the_moment_after() -> None:
    assert CALENDAR.at(date(2026, 3, 29), time(2, 30)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_goes_back_by_the_calendar_for_days_and_by_the_clock_for_hours() -> None:
    assert CALENDAR.back(CALENDAR.now, 1, "day") == datetime(2026, 3, 28, 13, tzinfo=UTC)
    assert CALENDAR.back(CALENDAR.now, 24, "hour") == datetime(2026, 3, 28, 12, tzinfo=UTC)


def test_holds_the_end_of_a_shorter_month() -> None:
    assert add_units(date(2026, 3, 31), -1, "month") == date(2026, 2, 28)


def test_refuses_what_no_calendar_reaches() -> None:
    with pytest.raises(ValueError, match="too far"):
        add_units(date(2026, 1, 1), -4000 * 400, "day")


@pytest.mark.parametrize(
    ("unit", "first", "after"),
    [
        ("week", date(2026, 3, 23), date(2026, 3, 30)),
        ("month", date(2026, 3, 1), date(2026, 4, 1)),
        ("quarter", date(2026, 1, 1), date(2026, 4, 1)),
        ("year", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_starts_units_where_people_do(unit: str, first: date, after: date) -> None:
    assert start_of(date(2026, 3, 29), unit) == first
    assert next_start(first, unit) == after


@pytest.mark.parametrize(("day", "hours"), [(29, 23), (28, 24)])
def test_cuts_a_day_into_the_hours_it_has(day: int, hours: int) -> None:
    window = CALENDAR.days(date(2026, 3, day), date(2026, 3, day + 1))

    spans = spans_of(window, "hour", most=30)

    assert len(spans) == hours
    assert all(end - start == timedelta(hours=1) for start, end in spans)


def test_covers_a_window_without_gap_or_overlap() -> None:
    start = datetime(2026, 3, 20, 10, 17, tzinfo=UTC)
    window = Window(start, datetime(2026, 4, 2, 3, tzinfo=UTC), BERLIN)

    spans = spans_of(window, "day", most=30)

    assert (spans[0][0], spans[-1][1]) == (window.start, window.end)
    assert all(one[1] == other[0] for one, other in pairwise(spans))


def test_refuses_more_spans_than_allowed() -> None:
    with pytest.raises(ValueError, match="more than 5"):
        spans_of(CALENDAR.days(date(2026, 1, 1), date(2026, 2, 1)), "day", most=5)
