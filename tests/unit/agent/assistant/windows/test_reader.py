from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agent.assistant.windows.problems import AmbiguousDateError, WindowError
from agent.assistant.windows.reader import find_times, read_window

NOW = datetime(2026, 3, 25, 10, 30, tzinfo=UTC)  # a Wednesday, 11:30 in Berlin
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN = "Europe/Berlin"
HERE = "03-25 11:30"


def local(text: str, now: datetime = NOW, zone: str = BERLIN) -> tuple[str, str]:
    reading = read_window(text, now=now, zone=zone, first=FIRST)
    assert reading is not None, text
    ends = (reading.window.start, reading.window.end)
    start, end = (moment.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M") for moment in ends)
    return start, end


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "03-25 00:00", HERE),
        ("yesterday", "03-24 00:00", "03-25 00:00"),
        ("the day before yesterday", "03-23 00:00", "03-24 00:00"),
        ("since Monday 6am", "03-23 06:00", HERE),
        ("since monday", "03-23 00:00", HERE),
        ("since 6am", "03-25 06:00", HERE),
        ("since noon", "03-24 12:00", HERE),
        ("since yesterday", "03-24 00:00", HERE),
        ("since last week", "03-16 00:00", HERE),
        ("since 2026-03-01T06:00Z", "03-01 07:00", HERE),
        ("since the start of the month", "03-01 00:00", HERE),
        ("since tuesday afternoon", "03-24 12:00", HERE),
        ("since 15 days", "03-10 11:30", HERE),
        ("since monday early shift started", "03-23 06:00", HERE),
        ("since the night shift began", "03-24 22:00", HERE),
        ("since the last shift change", "03-25 06:00", HERE),
        ("since the weekend", "03-21 00:00", HERE),
        ("sunday in the late shift", "03-22 14:00", "03-22 22:00"),
        ("yesterday early one", "03-24 06:00", "03-24 14:00"),
        ("the 3 days before 12 march", "03-09 00:00", "03-12 00:00"),
        ("the week after 2 march", "03-03 00:00", "03-10 00:00"),
        ("two hours before noon yesterday", "03-24 10:00", "03-24 12:00"),
        ("sunday before last", "03-15 00:00", "03-16 00:00"),
        ("friday the week before last", "03-13 00:00", "03-14 00:00"),
        ("a week ago on sunday", "03-15 00:00", "03-16 00:00"),
        ("a week ago", "03-18 00:00", "03-19 00:00"),
        ("the weekend before last", "03-14 00:00", "03-16 00:00"),
        ("the weekend of 4 march", "03-07 00:00", "03-09 00:00"),
        ("workdays last week", "03-16 00:00", "03-21 00:00"),
        ("the last 1.5 hours", "03-25 10:00", HERE),
        ("the last hour and a half", "03-25 10:00", HERE),
        ("between 9pm and midnight on monday", "03-23 21:00", "03-24 00:00"),
        ("1 march until 4 march", "03-01 00:00", "03-05 00:00"),
        ("since the network switch was replaced on monday 16 march, 08:00", "03-16 08:00", HERE),
        ("march 1 through march 12: where", "03-01 00:00", "03-13 00:00"),
        ("by 8:00 today", "03-25 00:00", "03-25 08:00"),
        ("the night of 3 march", "03-03 22:00", "03-04 06:00"),
        ("the first monday of march", "03-02 00:00", "03-03 00:00"),
        ("on the last friday in february", "02-27 00:00", "02-28 00:00"),
        ("the second sunday of march", "03-08 00:00", "03-09 00:00"),
        ("this week", "03-23 00:00", HERE),
        ("last week", "03-16 00:00", "03-23 00:00"),
        ("the week before last", "03-09 00:00", "03-16 00:00"),
        ("this month", "03-01 00:00", HERE),
        ("last month", "02-01 00:00", "03-01 00:00"),
        ("last 24 hours", "03-24 11:30", HERE),
        ("the past 30 minutes", "03-25 11:00", HERE),
        ("in the last hour", "03-25 10:30", HERE),
        ("last 7 days", "03-18 11:30", HERE),
        ("in the past week", "03-18 11:30", HERE),
        ("over the last couple of days", "03-23 11:30", HERE),
        ("last night shift", "03-24 22:00", "03-25 06:00"),
        ("this shift", "03-25 06:00", HERE),
        ("last shift", "03-24 22:00", "03-25 06:00"),
        ("the last 3 shifts", "03-24 06:00", HERE),
        ("night shift yesterday", "03-24 22:00", "03-25 06:00"),
        ("monday night shift", "03-23 22:00", "03-24 06:00"),
        ("early shift today", "03-25 06:00", HERE),
        ("this morning", "03-25 06:00", HERE),
        ("last night", "03-24 22:00", "03-25 06:00"),
        ("yesterday morning", "03-24 06:00", "03-24 12:00"),
        ("on tuesday", "03-24 00:00", "03-25 00:00"),
        ("monday last week", "03-16 00:00", "03-17 00:00"),
        ("12 March", "03-12 00:00", "03-13 00:00"),
        ("on March 12th", "03-12 00:00", "03-13 00:00"),
        ("on 12.03.2026", "03-12 00:00", "03-13 00:00"),
        ("on 2026-03-12", "03-12 00:00", "03-13 00:00"),
        ("on the 12th", "03-12 00:00", "03-13 00:00"),
        ("13/03/2026", "03-13 00:00", "03-14 00:00"),
        ("in march", "03-01 00:00", HERE),
        ("in february", "02-01 00:00", "03-01 00:00"),
        ("between 9 and 11 yesterday", "03-24 09:00", "03-24 11:00"),
        ("from 9 to 11 pm yesterday", "03-24 21:00", "03-24 23:00"),
        ("from 9 to 5 yesterday", "03-24 09:00", "03-24 17:00"),
        ("yesterday between 22:00 and 02:00", "03-24 22:00", "03-25 02:00"),
        ("from 22:00 to 06:00", "03-24 22:00", "03-25 06:00"),
        ("from yesterday 22:00 to 06:00", "03-24 22:00", "03-25 06:00"),
        ("between monday 6am and tuesday 2pm", "03-23 06:00", "03-24 14:00"),
        ("from friday to monday", "03-20 00:00", "03-24 00:00"),
        ("from 1 to 5 march", "03-01 00:00", "03-06 00:00"),
        ("march 1-5", "03-01 00:00", "03-06 00:00"),
        ("from march 3 to march 9", "03-03 00:00", "03-10 00:00"),
        ("2026-03-01 to 2026-03-05", "03-01 00:00", "03-06 00:00"),
        ("2026-03-01T00:00:00Z/2026-03-05T00:00:00Z", "03-01 01:00", "03-05 01:00"),
        ("yesterday after 6pm", "03-24 18:00", "03-25 00:00"),
        ("before monday", "01-01 01:00", "03-23 00:00"),
        ("at 3pm yesterday", "03-24 15:00", "03-24 16:00"),
        ("3 days ago", "03-22 00:00", "03-23 00:00"),
        ("two weeks ago", "03-09 00:00", "03-16 00:00"),
        ("last weekend", "03-21 00:00", "03-23 00:00"),
        ("week 10", "03-02 00:00", "03-09 00:00"),
        ("year to date", "01-01 00:00", HERE),
        ("all time", "01-01 01:00", HERE),
    ],
)
def test_reads_words_about_time(text: str, start: str, end: str) -> None:
    assert local(text) == (start, end)


def test_keeps_local_days_whole_across_the_change_to_summer_time() -> None:
    monday = datetime(2026, 3, 30, 10, tzinfo=UTC)

    reading = read_window("yesterday", now=monday, zone=BERLIN)

    assert reading is not None
    assert (reading.window.end - reading.window.start).total_seconds() == 23 * 3600
    assert local("last 24 hours", now=monday) == ("03-29 12:00", "03-30 12:00")
    assert local("between 1am and 4am on 29 march", now=monday) == ("03-29 01:00", "03-29 04:00")


def test_takes_the_latest_monday_that_has_come() -> None:
    early_monday = datetime(2026, 3, 23, 4, tzinfo=UTC)

    assert local("since monday 6am", now=early_monday) == ("03-16 06:00", "03-23 05:00")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("from 1 May to 31 May 2026", ("2026-05-01", "2026-06-01")),
        ("1 May 2026 to 31 May", ("2026-05-01", "2026-06-01")),
        ("from 20 december to 6 january 2026", ("2025-12-20", "2026-01-07")),
        ("from 1 may to 31 may 2023", ("2023-05-01", "2023-06-01")),
        ("from 1 may 2023 to 31 may", ("2023-05-01", "2023-06-01")),
        ("from 20 december 2024 to 6 january", ("2024-12-20", "2025-01-07")),
        ("from 1 may to 31 may", ("2025-05-01", "2025-06-01")),
        ("from 1 may to now", ("2025-05-01", "2026-03-25")),
    ],
)
def test_takes_the_year_of_one_end_for_the_other(text: str, days: tuple[str, str]) -> None:
    reading = read_window(text, now=NOW, zone=BERLIN)
    assert reading is not None

    ends = (reading.window.start, reading.window.end)
    assert tuple(f"{end.astimezone(ZoneInfo(BERLIN)):%Y-%m-%d}" for end in ends) == days


def test_marks_a_window_that_has_not_come() -> None:
    reading = read_window("tomorrow", now=NOW, zone=BERLIN)

    assert reading is not None
    assert reading.is_future


@pytest.mark.parametrize("text", ["how many anomalies on line-1", "show the second one", "the last 5 anomalies", ""])
def test_finds_no_time_where_none_is_said(text: str) -> None:
    assert read_window(text, now=NOW, zone=BERLIN) is None


def test_asks_which_of_two_dates_is_meant() -> None:
    with pytest.raises(AmbiguousDateError) as caught:
        read_window("on 12/03/2026", now=NOW, zone=BERLIN)

    assert caught.value.readings == ("2026-03-12", "2026-12-03")


@pytest.mark.parametrize("text", ["on 31 february", "from 5 to 1 march", "in the last week of march"])
def test_says_what_is_wrong_with_a_time_that_cannot_be(text: str) -> None:
    with pytest.raises(WindowError):
        read_window(text, now=NOW, zone=BERLIN)


def test_finds_both_windows_of_a_comparison() -> None:
    assert [words.text for words in find_times("compare this week with last week")] == ["this week", "last week"]


def test_knows_holidays_and_when_the_clocks_were_changed() -> None:
    later = datetime(2026, 4, 15, 10, 40, tzinfo=UTC)

    assert local("over easter", now=later) == ("04-03 00:00", "04-07 00:00")
    assert local("good friday", now=later) == ("04-03 00:00", "04-04 00:00")
    assert local("since the clocks went forward", now=later)[0] == "03-29 00:00"
    assert local("since the clock change", now=NOW)[0] == "10-26 00:00"
    with pytest.raises(WindowError, match="No clocks"):
        local("since the clock change", zone="Asia/Kolkata")


def test_takes_the_coming_weekday_for_the_next() -> None:
    reading = read_window("this coming saturday", now=NOW, zone=BERLIN, first=FIRST)

    assert reading is not None
    assert reading.is_future


def test_asks_for_the_dates_of_the_end_of_a_month() -> None:
    with pytest.raises(WindowError, match="I need the dates"):
        local("at the end of february")
