import threading
import time

from config.supervising import Child


def ended() -> Child:
    child = Child(["--version"], None)
    child._process.wait()
    return child


def test_waits_longer_for_a_child_that_dies_again_and_again_at_its_start() -> None:
    child = ended()
    child._deaths = 3

    assert child.look() == 0

    assert 14 < child._wait_until - time.monotonic() <= 16


def test_starts_a_child_again_soon_that_had_been_well_though_others_died_before() -> None:
    child = ended()
    child._deaths, child._started_at = 9, time.monotonic() - 3600

    assert child.look() == 0

    assert child._wait_until - time.monotonic() <= 2


def test_ends_a_child_at_once_where_there_is_a_hurry() -> None:
    child = Child(["decode-child"], None)  # it waits for what it is to decode, and for no signal
    hurry = threading.Event()
    hurry.set()

    child.terminate()
    child.wait(hurry)

    assert child._process.returncode is not None
