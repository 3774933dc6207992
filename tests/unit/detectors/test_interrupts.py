import signal
import threading

import pytest

from detectors.interrupts import hold_interrupts


def test_a_ctrl_c_waits_until_the_block_is_done() -> None:
    done = []

    def work() -> None:
        with hold_interrupts():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()

    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_inside_still_comes_out() -> None:
    with pytest.raises(OSError, match="gone"), hold_interrupts():
        raise OSError("gone")

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_leaves_other_threads_alone() -> None:
    done = []

    def work() -> None:
        with hold_interrupts():
            done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert done == [1]
