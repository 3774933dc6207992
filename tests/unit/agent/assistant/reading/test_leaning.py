from datetime import UTC, datetime, timedelta

import pytest

from agent.assistant.reading.leaning import written_out
from agent.assistant.reading.leaning_day import on_its_day
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
        ("and the graveyard before that one?", EARLY, "the graveyard shift of 2026-04-13?"),
        ("but was it off on friday the 3rd? how many that day?", DAY, "but was it off on friday the 3rd? how many ?"),
        ("And the Tuesday, same slot?", EARLY, "And from 2026-04-14t06:00:00+02:00 to 2026-04-14t14:00:00+02:00?"),
        ("and in this night, how many?", EARLY, "and , how many?"),
        ("the worst three for this tuesday slot", EARLY, "the worst three "),
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
        (
            "Thanks, and at the same time yesterday?",
            EARLY,
            "Thanks, and from 2026-04-14t06:00:00+02:00 to 2026-04-14t14:00:00+02:00?",
        ),
        ("the day before, same hours", EARLY, "from 2026-04-13t06:00:00+02:00 to 2026-04-13t14:00:00+02:00"),
        ("up to 9 only", EARLY, "from 2026-04-14t06:00:00+02:00 to 2026-04-14t09:00:00+02:00"),
        ("up to 25 only", EARLY, "up to 25 only"),
        (
            "one night earlier; the total is enough",
            EARLY,
            "from 2026-04-13t06:00:00+02:00 to 2026-04-13t14:00:00+02:00",
        ),
        ("the weld cell on Friday the 10th", MARCH, "the weld cell on Friday the 10th"),
        ("and early shift?", DAY, "and early shift of 2026-04-10?"),
        ("from 6 to 14 only", DAY, "from 6 to 14 on 2026-04-10 only"),
        ("and in the morning?", EARLY, "and in the morning of 2026-04-14?"),
        ("One week earlier, please", EARLY, "from 2026-04-07t06:00:00+02:00 to 2026-04-07t14:00:00+02:00"),
        ("and two days later", DAY, "from 2026-04-12t00:00:00+02:00 to 2026-04-13t00:00:00+02:00"),
        ("and the Sunday before?", DAY, "and on 2026-04-05?"),
        ("and the Sunday after", DAY, "and on 2026-04-12"),
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
        "and early shift?",
        "only 6 to 14",
        "the Saturday after 3 March",
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


@pytest.mark.parametrize(
    "said", ["between 8 and 10 today", "last night shift", "from 6 to 14 on the 12th", "8 to 10 on 3 May"]
)
def test_hours_with_a_day_of_their_own_do_not_lean(said: str) -> None:
    assert on_its_day(said, EARLY, NOW) == said


def test_hours_within_a_night_do_not_lean_on_either_of_its_days() -> None:
    night = Window(datetime(2026, 4, 13, 20, tzinfo=UTC), datetime(2026, 4, 14, 4, tzinfo=UTC), "Europe/Berlin")

    assert written("and between 2 and 4?", night) == "and between 2 and 4?"
    assert written("and the early shift?", night) == "and the early shift of 2026-04-13?"


@pytest.mark.parametrize(
    ("said", "means"), [("lot of the 2nd?", "lot of number 2?"), ("4th id there", "of number 4 there")]
)
def test_takes_a_place_in_what_was_listed_for_no_day(said: str, means: str) -> None:
    assert written(said, DAY, shown=4) == means
    assert written(said, DAY, shown=1) == said


@pytest.mark.parametrize("said", ["and on the 3rd?", "and in this shift?"])
def test_takes_no_day_for_a_place_and_no_present_shift_for_the_one_before(said: str) -> None:
    assert "number" not in written(said, EARLY, shown=5)
    assert written(said, EARLY, shown=5).startswith("and ")
