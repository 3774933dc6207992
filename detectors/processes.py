"""Our own scoring processes: started, woken, started again when they die, and stopped."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO

import structlog

logger = structlog.get_logger()
ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 20.0
LONGEST_WAIT = 60.0
# One that lived so long did not die of its start.
WELL_SECONDS = 60.0


def owner_name(pid: int) -> str:
    """Name a process of this machine as the owner of what it leases."""
    return f"{socket.gethostname()}:{pid}"


class ScoringProcess:
    """One process that scores; `config` is the settings file it reads, None for the usual one.

    environment: variables it gets beside ours.
    """

    _pipe: IO[bytes]

    def __init__(
        self, config: Path | None, *, threads: int, environment: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        option = ["--config", str(config)] if config else []
        self._line = [sys.executable, "-P", str(ROOT / "oddspot.py"), "detect", "--only-score", *option]
        # BLAS would start a thread a core in every process, and let each spin for more work.
        self._environment = os.environ | {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
        self._environment |= environment
        self._deaths = 0
        self._due_at = 0.0
        self._start()

    def look(self) -> str | None:
        """Start it again where it died, the wait doubling with every death at its start; return who has just died."""
        code = self._process.poll()
        if code is None:
            return None
        now = time.monotonic()
        if self._due_at:
            if now >= self._due_at:
                self._start()
            return None
        self._deaths = 1 if now - self._started_at > WELL_SECONDS else self._deaths + 1
        self._due_at = now + min(LONGEST_WAIT, 2.0 ** (self._deaths - 1))
        logger.error("scoring_process_died", code=code, deaths=self._deaths)
        return owner_name(self._process.pid)

    def wake(self) -> None:
        """Say that frames may wait."""
        try:
            self._pipe.write(b"\n")
        except OSError:
            return  # it is gone: the next look starts another, which looks by itself

    def ask_to_stop(self) -> None:
        """Let it finish what it holds and stop."""
        if self._process.poll() is None:
            self._process.terminate()

    def wait(self, *, seconds: float = STOP_SECONDS) -> str | None:
        """Wait for its end; kill it where it does not come, and return who then held what it cannot hand back."""
        killed = None
        try:
            self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            killed = owner_name(self._process.pid)
        self._pipe.close()
        return killed

    def _start(self) -> None:
        if self._due_at:
            self._pipe.close()
        self._due_at = 0.0
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            self._line, env=self._environment, stdin=subprocess.PIPE, bufsize=0
        )
        assert self._process.stdin is not None  # noqa: S101 - PIPE was asked for
        self._pipe = self._process.stdin
        # One that hangs lets its pipe fill up, and must not hold up whoever wakes it.
        os.set_blocking(self._pipe.fileno(), False)
