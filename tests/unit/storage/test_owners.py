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
