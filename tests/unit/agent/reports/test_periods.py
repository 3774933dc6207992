from datetime import UTC, datetime, timedelta

import pytest

from agent.reports.periods import BadMomentError, Period, PeriodKind, last_ended, period_at

SHIFTS = ("06:00", "14:00", "22:00")
NOW = datetime(2026, 3, 31, 9, 30, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def last(kind: PeriodKind, now: datetime = NOW, zone: str = BERLIN) -> Period:
    return last_ended(kind, zone=zone, shifts=SHIFTS, now=now)


def at(kind: PeriodKind, text: str, zone: str = BERLIN) -> Period:
    return period_at(kind, text, zone=zone, shifts=SHIFTS, now=NOW)


@pytest.mark.parametrize(
    ("kind", "start", "end", "title", "slug"),
    [
        ("shift", "2026-03-30T20:00", "2026-03-31T04:00", "shift 22:00 to 06:00, Mon 30 Mar 2026", "2026-03-30-2200"),
        ("day", "2026-03-29T22:00", "2026-03-30T22:00", "Monday, 30 March 2026", "2026-03-30"),
        ("week", "2026-03-22T23:00", "2026-03-29T22:00", "week 13, 23 Mar to 29 Mar 2026", "2026-week-13"),
        ("month", "2026-01-31T23:00", "2026-02-28T23:00", "February 2026", "2026-02"),
    ],
)
def test_is_the_last_one_that_has_ended(kind: str, start: str, end: str, title: str, slug: str) -> None:
    period = last(PeriodKind(kind))

    window = period.window
    assert (f"{window.start:%Y-%m-%dT%H:%M}", f"{window.end:%Y-%m-%dT%H:%M}") == (start, end)
    assert (period.title, period.slug, window.time_zone) == (title, slug, BERLIN)


def test_counts_an_hour_less_or_more_where_the_clocks_change() -> None:
    spring, autumn = at(PeriodKind.DAY, "2026-03-29"), at(PeriodKind.DAY, "2026-10-25")

    assert [len(spring.spans()), len(autumn.spans())] == [23, 25]
    assert autumn.window.end - autumn.window.start == timedelta(hours=25)
    assert len(at(PeriodKind.MONTH, "2026-03").spans()) == 31
    assert len(at(PeriodKind.SHIFT, "2026-03-29T01:30").spans()) == 7


def test_has_ended_only_once_its_end_has_come() -> None:
    midnight = datetime(2026, 3, 30, 22, tzinfo=UTC)

    assert last(PeriodKind.DAY, midnight).slug == "2026-03-30"
    assert last(PeriodKind.DAY, midnight - timedelta(seconds=1)).slug == "2026-03-29"


@pytest.mark.parametrize(
    ("kind", "text", "slug"),
    [
        ("month", "2026-10", "2026-10"),
        ("month", "2026-10-25", "2026-10"),
        ("week", "2026-10-25", "2026-week-43"),
        ("day", "2026-10-25T03:00", "2026-10-25"),
        ("shift", "2026-10-25", "2026-10-25-0600"),
        ("shift", "2026-10-25T03:00", "2026-10-24-2200"),
    ],
)
def test_holds_the_moment_asked_for(kind: str, text: str, slug: str) -> None:
    assert at(PeriodKind(kind), text).slug == slug


@pytest.mark.parametrize("text", ["", "today", "2026-13", "2026-02-30", "2026-10-25T03:00Z", "9999-12-31"])
def test_refuses_what_names_no_moment(text: str) -> None:
    with pytest.raises(BadMomentError, match="2026-11-25T14:00"):
        at(PeriodKind.MONTH, text)


def test_runs_no_further_than_now() -> None:
    today = at(PeriodKind.DAY, "2026-03-31")

    assert today.so_far(NOW).end == NOW
    assert today.so_far(NOW + timedelta(days=9)) == today.window
    assert today.so_far(today.window.start - timedelta(days=1)).end == today.window.start
