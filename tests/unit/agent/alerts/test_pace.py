from datetime import timedelta

from agent.alerts.pace import Pace
from tests.factories_agent import NOON


def test_keeps_a_channel_busy_for_a_second() -> None:
    pace = Pace()
    pace.spoke("#a", now=NOON)

    assert set(pace.busy(now=NOON + timedelta(milliseconds=999))) == {"#a"}
    assert set(pace.busy(now=NOON + timedelta(seconds=1))) == set()


def test_never_shortens_a_wait_it_was_asked_for() -> None:
    pace = Pace()
    pace.wait("#a", NOON + timedelta(seconds=30))
    pace.spoke("#a", now=NOON)

    assert set(pace.busy(now=NOON + timedelta(seconds=29))) == {"#a"}
