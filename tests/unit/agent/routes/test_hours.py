import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.routes.hours import span_at, span_of

BERLIN = "Europe/Berlin"  # clocks go forward on 29 March 2026 at 02:00, back on 25 October 2026 at 03:00


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "zone", "day", "start", "end"),
    [
        ("22:00-06:00", "UTC", "2026-11-23", "2026-11-23 22:00", "2026-11-24 06:00"),
        ("06:00-22:00", "UTC", "2026-11-23", "2026-11-23 06:00", "2026-11-23 22:00"),
        ("22:00-06:00", BERLIN, "2026-11-23", "2026-11-23 21:00", "2026-11-24 05:00"),
        ("22:00-06:00", BERLIN, "2026-03-28", "2026-03-28 21:00", "2026-03-29 04:00"),  # an hour shorter
        ("22:00-06:00", BERLIN, "2026-10-24", "2026-10-24 20:00", "2026-10-25 05:00"),  # an hour longer
        ("22:00-02:30", BERLIN, "2026-03-28", "2026-03-28 21:00", "2026-03-29 01:30"),  # there is no 02:30
        ("22:00-02:30", BERLIN, "2026-10-24", "2026-10-24 20:00", "2026-10-25 01:30"),  # the second 02:30
        ("02:30-06:00", BERLIN, "2026-10-25", "2026-10-25 00:30", "2026-10-25 05:00"),  # from the first 02:30 on
        ("22:00-06:00", "Australia/Lord_Howe", "2026-04-04", "2026-04-04 11:00", "2026-04-04 19:30"),  # half an hour
        ("22:00-06:00", "America/Sao_Paulo", "2026-11-23", "2026-11-24 01:00", "2026-11-24 09:00"),
    ],
)
def test_makes_one_span_of_a_night(*, hours: str, zone: str, day: str, start: str, end: str) -> None:
    span = span_of(hours, zone, date.fromisoformat(day))

    assert (span.start, span.end, span.day) == (utc(start), utc(end), date.fromisoformat(day))


def test_never_leaves_a_night_and_comes_back() -> None:
    moment, inside = utc("2026-10-24 19:00"), []
    while moment < utc("2026-10-25 06:00"):
        inside.append(span_at("22:00-02:30", BERLIN, moment) is not None)
        moment += timedelta(minutes=10)

    changes = [one for one, other in itertools.pairwise(inside) if one != other]
    assert len(changes) == 2
    assert sum(inside) * 10 == 5.5 * 60


@given(
    zone=st.sampled_from([BERLIN, "UTC", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"]),
    day=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    start=st.integers(0, 24 * 4 - 1),
    quarters=st.integers(1, 20 * 4),
)
def test_makes_one_whole_span_a_day_whatever_the_clocks_do(zone: str, day: date, start: int, quarters: int) -> None:
    first, last = (f"{quarter // 4 % 24:02}:{quarter % 4 * 15:02}" for quarter in (start, start + quarters))
    hours = f"{first}-{last}"
    span, after = span_of(hours, zone, day), span_of(hours, zone, day + timedelta(days=1))
    nominal = timedelta(minutes=15 * quarters)

    assert abs((span.end - span.start) - nominal) <= timedelta(hours=1)
    assert span.end <= after.start
    for moment in (span.start, span.start + (span.end - span.start) / 2, span.end - timedelta(seconds=1)):
        assert span_at(hours, zone, moment) == span
    assert span_at(hours, zone, span.start - timedelta(seconds=1)) != span
    assert span_at(hours, zone, span.end) != span


@pytest.mark.parametrize(
    ("moment", "is_inside"),
    [
        ("2026-11-23 20:59", False),
        ("2026-11-23 21:00", True),
        ("2026-11-24 04:59", True),
        ("2026-11-24 05:00", False),
        ("2026-11-24 12:00", False),
    ],
)
def test_knows_whether_a_moment_is_inside(moment: str, *, is_inside: bool) -> None:
    assert (span_at("22:00-06:00", BERLIN, utc(moment)) is not None) == is_inside
