import threading
from time import monotonic

import pytest

from agent.assistant.model.bounded import LateError, Patience

SOON = 0.05


def test_gives_what_work_gives_and_raises_what_it_raises() -> None:
    patience = Patience()

    assert patience.run(lambda: 7, monotonic() + 5) == 7
    with pytest.raises(ZeroDivisionError):
        patience.run(lambda: 1 // 0, monotonic() + 5)


def test_leaves_behind_what_is_late_and_begins_no_more_than_it_may() -> None:
    patience, gate = Patience(most=2), threading.Event()
    for _ in range(2):
        with pytest.raises(LateError, match="time is up"):
            patience.run(gate.wait, monotonic() + SOON)

    with pytest.raises(LateError, match="too many"):
        patience.run(lambda: 7, monotonic() + 5)
    gate.set()


def test_has_a_place_again_when_what_was_left_behind_ends() -> None:
    patience, gate, ended = Patience(most=1), threading.Event(), threading.Event()

    def work() -> None:
        gate.wait()
        ended.set()

    with pytest.raises(LateError):
        patience.run(work, monotonic() + SOON)
    gate.set()
    ended.wait(5)

    until = monotonic() + 5
    while monotonic() < until:
        try:
            assert patience.run(lambda: 7, monotonic() + 5) == 7
        except LateError:
            continue
        return
    pytest.fail("no place came free")
