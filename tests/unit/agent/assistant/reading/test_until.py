from datetime import UTC, datetime

import pytest

from agent.assistant.reading.until import UntilProblem, read_until
from agent.assistant.windows.calendar import Calendar

SHIFTS = ("06:00", "14:00", "22:00")
# The clocks of Berlin go back in the night to Sunday, 25 October 2026.
SATURDAY = datetime(2026, 10, 24, 18, 0, tzinfo=UTC)


def until(text: str) -> datetime | UntilProblem | None:
    return read_until(text, Calendar(SATURDAY, "Europe/Berlin"), SHIFTS)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("line-1 for 12 hours", "2026-10-25 06:00"),
        ("line-1 until tomorrow 6am", "2026-10-25 05:00"),
        ("line-1 till 22:00", "2026-10-24 20:00"),
        ("until tomorrow", "2026-10-25 05:00"),
        ("until noon", "2026-10-25 11:00"),
        ("until midnight", "2026-10-24 22:00"),
        ("until the end of the day", "2026-10-24 22:00"),
        ("until the end of the shift", "2026-10-24 20:00"),
        ("until next saturday at 8:30", "2026-10-31 07:30"),
        ("until 2026-11-01 06:00", "2026-11-01 05:00"),
        ("until 2026-11-01t06:00:00z", "2026-11-01 06:00"),
        ("for the next 1.5 hours", "2026-10-24 19:30"),
        ("for a week", "2026-10-31 18:00"),
    ],
)
def test_reads_an_end_by_the_clock_of_the_place(text: str, end: str) -> None:
    assert until(text) == datetime.fromisoformat(end).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["line-1", "line 1", "press please", "a-12"])
def test_says_nothing_where_nothing_was_said(text: str) -> None:
    assert until(text) is None


@pytest.mark.parametrize(
    "text", ["until 25:00", "until 13pm", "until 2026-02-30", "until today 6am", "for 99999 weeks"]
)
def test_tells_an_end_that_cannot_be(text: str) -> None:
    assert isinstance(until(text), UntilProblem)
