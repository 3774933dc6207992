"""Our service as processes that may die at any moment, and are started again at once, as by a supervisor."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.journeys.commands import FRONT_DOOR, environment

HALVES = ("detect", "talk")
STOP_SECONDS = 60.0


class Service:
    """`oddspot detect` and `oddspot talk` in one home; what dies is started again until it is stopped."""

    def __init__(self, home: Path, env: Mapping[str, str], halves: tuple[str, ...] = HALVES) -> None:
        self._home = home
        self._env = environment(**env)
        self._log = (home / "service.log").open("ab")
        self.restarts = 0
        self._children = {half: self._start(half) for half in halves}
        self._over = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def pid(self, half: str) -> int:
        return self._children[half].pid

    def scorers(self) -> list[int]:
        return [pid for pid in children_of(self.pid("detect")) if b"--only-score" in command_of(pid)]

    def decoders(self) -> list[int]:
        parents = [self.pid("detect"), *self.scorers()]
        return [pid for parent in parents for pid in children_of(parent) if b"decode_child" in command_of(pid)]

    def everybody(self) -> list[int]:
        """Return the process ids of the service as it is now."""
        halves = [child.pid for child in self._children.values()]
        return [*halves, *(pid for half in halves for pid in descendants_of(half))]

    def stop(self) -> None:
        """End it in good order; what does not end is killed, and that is an error."""
        self._over.set()
        self._supervisor.join()
        for child in self._children.values():
            child.terminate()
        try:
            for child in self._children.values():
                child.wait(STOP_SECONDS)
        finally:
            for child in self._children.values():
                child.kill()
                child.wait()
            self._log.close()

    @property
    def log(self) -> str:
        return (self._home / "service.log").read_text(encoding="utf-8", errors="replace")

    def _start(self, half: str) -> subprocess.Popen[bytes]:
        line = [*FRONT_DOOR, half]
        return subprocess.Popen(line, cwd=self._home, env=self._env, stdout=self._log, stderr=self._log)

    def _supervise(self) -> None:
        while not self._over.wait(0.1):
            for half, child in list(self._children.items()):
                if child.poll() is not None:
                    self._children[half] = self._start(half)
                    self.restarts += 1


def kill(pid: int) -> bool:
    """Kill a process; say whether it was there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def children_of(pid: int) -> list[int]:
    """Return the processes that one has started, by any of its threads."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text(encoding="utf-8").split())
    return found


def descendants_of(pid: int) -> list[int]:
    return [one for child in children_of(pid) for one in (child, *descendants_of(child))]


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def wait_for_the_end_of(pids: list[int], *, seconds: float = 30.0) -> list[int]:
    """Return those that are still there after so long."""
    deadline = time.monotonic() + seconds
    while (left := [pid for pid in pids if _lives(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
