from datetime import UTC, datetime, timedelta

import pytest

from agent.assistant.reading.leaning import written_out
from storage.records import Window

NOW = datetime(2026, 4, 15, 10, 40, tzinfo=UTC)  # a Wednesday
SHIFTS = ("06:00", "14:00", "22:00")
DAY = Window(datetime(2026, 4, 9, 22, tzinfo=UTC), datetime(2026, 4, 10, 22, tzinfo=UTC), "Europe/Berlin")
EARLY = Window(datetime(2026, 4, 14, 4, tzinfo=UTC), datetime(2026, 4, 14, 12, tzinfo=UTC), "Europe/Berlin")
MARCH = Window(datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC), "Europe/Berlin")


def written(text: str, window: Window, shown: int = 0) -> str:
    return written_out(text, window, shown=shown, now=NOW, shifts=SHIFTS)


@pytest.mark.parametrize(
    ("said", "window", "means"),
    [
        ("afternoon of the same day", DAY, "afternoon on 2026-04-10"),
        ("that morning", DAY, "2026-04-10 morning"),
        ("make that the whole week", DAY, "make that in the week of 2026-04-10"),
        ("the whole month", DAY, "in April 2026"),
        ("the first half of that month", MARCH, "the first half in March 2026"),
        ("and the second half", MARCH, "and second half of March 2026"),
        ("sorry, I meant the ninth", DAY, "sorry, I meant on 2026-04-09"),
        ("sorry, the Tuesday", DAY, "sorry, on 2026-04-07"),
        ("the night shift straight after it", EARLY, "the night shift of 2026-04-14"),
        ("the late shift before that", EARLY, "the late shift of 2026-04-13"),
        (
            "extend it back to the 1st of March",
            DAY,
            "from 2026-03-01t00:00:00+01:00 to 2026-04-11t00:00:00+02:00",
        ),
        ("yesterday's", EARLY, "from 2026-04-14t06:00:00+02:00 to 2026-04-14t14:00:00+02:00"),
        ("the rest of that week", DAY, "from 2026-04-11t00:00:00+02:00 to 2026-04-13t00:00:00+02:00"),
    ],
)
def test_writes_out_times_that_lean_on_the_last_window(said: str, window: Window, means: str) -> None:
    assert written(said, window) == means


@pytest.mark.parametrize(
    "said",
    [
        "and yesterday?",
        "the whole of March",
        "that day",
        "from the 3rd to the 7th of April",
        "the day before that",
        "the same again",
        "extend it to wherever",
        "on the 31st",
    ],
)
def test_leaves_what_does_not_lean_on_a_long_window(said: str) -> None:
    february = Window(MARCH.start - timedelta(days=28), MARCH.start, MARCH.time_zone)

    assert written(said, february) == said


def test_takes_a_number_of_a_list_for_its_place() -> None:
    assert written("the 3rd", DAY, shown=5) == "the 3rd"
    assert written("the 9th", DAY, shown=5) == "on 2026-04-09"
