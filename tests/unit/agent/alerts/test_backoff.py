import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent.alerts.backoff import backoff


@given(attempts=st.integers(0, 10_000), seed=st.integers())
def test_stays_between_half_the_doubled_wait_and_five_minutes(attempts: int, seed: int) -> None:
    wait = backoff(attempts, random.Random(seed))  # noqa: S311 - spreads waits

    assert timedelta(seconds=0.5) <= wait <= timedelta(minutes=5)
    assert wait >= timedelta(seconds=min(300, 2 ** min(attempts, 20)) / 2)
