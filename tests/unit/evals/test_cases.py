"""The bank is what it says it is, and its windows are read right."""

from collections import Counter
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest

from tests.evals import checking
from tests.evals.cases import (
    HALVES,
    BadCaseError,
    Case,
    before,
    files_of,
    load_half,
    read_window,
    readings,
    window_of,
)
from tests.evals.checking import sha256_of
from tests.evals.world import NOW

LEAST_QUESTIONS = {"seen": 160, "spent": 160, "practice": 160, "unseen": 190}
LEAST_REFUSED = {"seen": 20, "spent": 20, "practice": 20, "unseen": 24}
BERLIN, CHICAGO = "Europe/Berlin", "America/Chicago"


SHORT = 4


def questions_of(half: str) -> list[Case]:
    return [case for thread in load_half(half) for case in thread.turns]


@pytest.mark.parametrize("half", HALVES)
def test_a_half_has_enough_of_everything(half: str) -> None:
    cases = questions_of(half)
    kinds = Counter(case["kind"] for case in cases)
    answerable = [case for case in cases if "refuse" not in case]
    follow_ups = [case for thread in load_half(half) for case in thread.turns[1:]]

    assert len(cases) >= LEAST_QUESTIONS[half]
    assert len(kinds) >= 20
    assert min(kinds["unanswerable"], kinds["injection"]) >= LEAST_REFUSED[half]
    assert 3 * len(follow_ups) >= len(answerable)


def questions_by_place(half: str) -> dict[str, bool]:
    """Return each question, and whether it is always said as a continuation: `and yesterday` is in every half."""
    found: dict[str, bool] = {}
    for thread in load_half(half):
        for place, case in enumerate(thread.turns):
            said = case["ask"].casefold().strip(" ?.!")
            found[said] = found.get(said, True) and place > 0
    return found


@pytest.mark.parametrize("half", HALVES)
def test_every_window_of_a_half_can_be_read(half: str) -> None:
    for case in questions_of(half):
        for reading in readings(case):
            window_of(reading)


@pytest.mark.parametrize(("one", "other"), list(combinations(HALVES, 2)))
def test_the_halves_share_no_question_but_how_everybody_goes_on(one: str, other: str) -> None:
    asked, also_asked = (questions_by_place(half) for half in (one, other))
    shared = asked.keys() & also_asked.keys()

    assert not [said for said in shared if not (asked[said] and also_asked[said])]  # none that starts a thread
    assert all(len(said.split()) <= SHORT for said in shared)


def test_the_half_developed_on_is_asked_with_what_is_spent() -> None:
    asked = {half: files_of(half) for half in HALVES}

    assert asked.pop("seen") == ("seen", "spent", "practice")
    assert asked == {half: (half,) for half in asked}


def test_the_unseen_half_is_as_it_was_written() -> None:
    recorded = (Path(checking.__file__).parent / "unseen.sha256").read_text(encoding="ascii").split()

    assert recorded == [sha256_of("unseen"), HALVES["unseen"]]


def test_a_thread_has_at_most_eight_questions() -> None:
    lengths = {len(thread.turns) for half in HALVES for thread in load_half(half)}

    assert lengths <= set(range(1, 9))


def test_a_window_is_local_time_across_a_change_of_the_clock() -> None:
    start, end = read_window("03-28 22:00..03-29 06:00", BERLIN)

    assert (start, end) == (datetime(2026, 3, 28, 21, tzinfo=UTC), datetime(2026, 3, 29, 4, tzinfo=UTC))


def test_days_back_from_now_are_read_by_the_clock_and_by_24_hours() -> None:
    starts = [window[0] for one in readings({"window": "now-30d..now"}) if (window := window_of(one))]

    assert starts == [datetime(2026, 3, 16, 11, 40, tzinfo=UTC), datetime(2026, 3, 16, 10, 40, tzinfo=UTC)]


def test_the_zone_is_that_of_the_one_source_named() -> None:
    window = window_of({"window": "04-14..now", "sources": ["solar-field"]})

    assert window == (datetime(2026, 4, 14, 5, tzinfo=UTC), NOW)


def test_an_empty_window_is_no_window() -> None:
    with pytest.raises(ValueError, match="is empty"):
        read_window("04-14..04-13", BERLIN)


def test_the_week_before_keeps_whole_local_days() -> None:
    week = read_window("03-30..04-06", BERLIN)

    assert before(week, BERLIN) == read_window("03-23..03-30", BERLIN)


def test_the_hours_before_are_as_long() -> None:
    assert before(read_window("04-14 09:00..04-14 11:00", CHICAGO), CHICAGO) == read_window(
        "04-14 07:00..04-14 09:00", CHICAGO
    )


def test_alternatives_and_states_multiply_the_readings() -> None:
    case = {
        "window": ["04-13..now", "04-14..now"],
        "incidents": {"or_states": [["open"], ["open", "acknowledged"]]},
        "or": [{"sources": ["line-1"]}, {"sources": ["line-2"]}],
    }

    found = list(readings(case))

    assert len(found) == 8
    assert {one["incidents"]["states"][-1] for one in found} == {"open", "acknowledged"}


def test_a_bad_case_names_its_question() -> None:
    assert "'how many?'" in str(BadCaseError({"ask": "how many?"}, "unknown keys ['x']"))
