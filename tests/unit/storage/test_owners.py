import os
import subprocess
import sys

from storage.owners import is_gone, owner_name


def test_knows_whether_a_process_of_this_machine_is_gone() -> None:
    over = subprocess.Popen([sys.executable, "-c", ""])
    over.wait()

    assert is_gone(owner_name(over.pid))
    assert not is_gone(owner_name(os.getpid()))
    assert not is_gone(owner_name(1))


def test_knows_nothing_of_other_machines_and_other_owners() -> None:
    place, _, _ = owner_name(1).rpartition(":")

    assert not any(is_gone(owner) for owner in ("elsewhere/4026531836:4194303", "benchmark", "", f"{place}:x"))


def test_one_that_has_ended_is_gone_before_its_parent_has_looked() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    owner = owner_name(ended.pid)
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)

    assert is_gone(owner)
    assert ended.wait() == 0


def test_one_with_the_number_of_another_is_not_that_one() -> None:
    own, _, began = owner_name(os.getpid()).rpartition("@")

    assert is_gone(f"{own}@{int(began) - 1}")
    assert not is_gone(own)  # as it was named before names said when one began
