from datetime import timedelta

from detectors.clock_watch import ClockWatch
from tests.factories import NOON

SECOND = timedelta(seconds=1)


def test_says_once_that_the_clock_was_set_back() -> None:
    watch = ClockWatch()
    moments = (NOON, NOON + SECOND, NOON - 3600 * SECOND, NOON - 3599 * SECOND)

    assert [watch.was_set_back(moment) for moment in moments] == [False, False, True, False]


def test_does_not_mind_a_clock_that_is_put_right_by_a_little_or_forward() -> None:
    watch = ClockWatch()
    moments = (NOON, NOON - 3 * SECOND, NOON + 3600 * SECOND)

    assert not any(watch.was_set_back(moment) for moment in moments)
