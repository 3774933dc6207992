from datetime import datetime, timedelta

from detectors.silence import silent_after
from tests.factories import NOON

MINUTE = timedelta(minutes=1)


def always(since: datetime, until: datetime) -> timedelta:
    return max(until - since, timedelta(0))


def after(every: timedelta, *, days: float = 14, pause: timedelta | None = None) -> timedelta | None:
    arrivals = [NOON - every * number for number in range(200)][::-1]
    quarter = 15 * MINUTE
    spans = [NOON - quarter * number for number in range(int(days * 96), -1, -1)]
    if pause is not None:
        spans = [span for span in spans if not NOON - pause - quarter < span <= NOON - quarter]
    return silent_after(arrivals, spans, always)


def test_a_fast_source_is_missed_after_ten_minutes_and_a_slow_one_after_ten_intervals() -> None:
    assert after(timedelta(seconds=5)) == timedelta(minutes=10)
    assert after(5 * MINUTE) == timedelta(minutes=50)


def test_a_pause_it_is_used_to_is_no_silence() -> None:
    assert after(timedelta(seconds=5), pause=timedelta(hours=8)) == timedelta(hours=12)


def test_a_source_not_yet_known_for_a_week_may_pause_for_a_night() -> None:
    assert after(timedelta(seconds=5), days=2) == timedelta(hours=24)


def test_says_nothing_of_a_source_without_a_pace() -> None:
    assert silent_after([NOON] * 3, [NOON], always) is None


def test_one_burst_a_day_is_its_pace() -> None:
    burst = [NOON - timedelta(days=day, seconds=second) for day in range(9) for second in range(30)]
    spans = [NOON - timedelta(days=day) for day in range(9)]

    found = silent_after(sorted(burst)[-200:], sorted(spans), always)

    assert found is not None
    assert timedelta(hours=30) < found < timedelta(hours=48)
