"""Our processes kept running: started, started again when they die, stopped together; none outlives who started it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

FRONT_DOOR = Path(__file__).resolve().parents[1] / "oddspot.py"
SUPERVISOR = "ODDSPOT_SUPERVISOR"
LOOK_SECONDS = 1.0
START_SECONDS = 15.0
# A child that lived so long is started again soon, however many died before it.
WELL_SECONDS = 60.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.3

logger = structlog.get_logger()


def supervise(commands: Sequence[Sequence[str]], config: Path | None) -> int:
    """Keep the commands running until a signal; one that fails at its start ends them all. Return the exit code.

    At a signal each ends what it holds; a second signal stops them at once.
    """
    stop, hurry = threading.Event(), threading.Event()

    def asked(*_: object) -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, asked)
    children = [Child(command, config) for command in commands]
    code = 0
    while not stop.wait(POLL_SECONDS) and code == 0:
        code = max(child.look() for child in children)
    if code == 0:
        logger.info("stopping", at_most_seconds=STOP_SECONDS, at_once="Ctrl-C once more")
    for child in children:
        child.terminate()
    for child in children:
        child.wait(hurry)
    return code


def end_with_supervisor() -> None:
    """Stop this process once the `oddspot run` that started it is gone: two services would not know of each other."""
    pid = os.environ.pop(SUPERVISOR, None)
    if pid is None:
        return

    def look() -> None:
        while os.getppid() == int(pid):
            time.sleep(LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, name="supervisor", daemon=True).start()


class Child:
    """One of our commands as a process, started again when it dies."""

    def __init__(self, command: Sequence[str], config: Path | None) -> None:
        option = ["--config", str(config)] if config else []
        self._command = command[0]
        self._line = [sys.executable, "-P", str(FRONT_DOOR), *command, *option]
        self._deaths = 0
        self._wait_until = 0.0
        self._start()

    def _start(self) -> None:
        self._started_at = time.monotonic()
        environment = os.environ | {SUPERVISOR: str(os.getpid())}
        self._process = subprocess.Popen(self._line, env=environment)  # noqa: S603 - our own command

    def look(self) -> int:
        """Start the process again if it is due; return its exit code where it failed at its very start."""
        code = self._process.poll()
        if code is None:
            return 0
        now = time.monotonic()
        if code == 1 and now - self._started_at < START_SECONDS and self._deaths == 0:
            return 1
        if not self._wait_until:
            is_well = now - self._started_at > WELL_SECONDS
            self._deaths = 1 if is_well else self._deaths + 1
            wait = min(60.0, 2.0**self._deaths)
            self._wait_until = now + wait
            logger.error("process_died", command=self._command, code=code, again_in_seconds=wait)
        elif now >= self._wait_until:
            self._wait_until = 0.0
            self._start()
        return 0

    def terminate(self) -> None:
        """Ask the process to finish what it holds and stop."""
        if self._process.poll() is None:
            self._process.terminate()

    def wait(self, hurry: threading.Event) -> None:
        """Wait for its end; kill it where it does not come, or once there is a hurry."""
        until = time.monotonic() + STOP_SECONDS
        while self._process.poll() is None:
            if hurry.wait(POLL_SECONDS) or time.monotonic() > until:
                self._process.kill()
                self._process.wait()
