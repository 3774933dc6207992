"""Our own scoring processes: started, woken, started again when they die, and stopped."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO

import structlog

from storage.owners import owner_name

logger = structlog.get_logger()
ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 20.0
BEATS_AT_ONCE = 4096
LONGEST_WAIT = 60.0
# One that lived so long did not die of its start.
WELL_SECONDS = 60.0
# One that has ended no round for so long hangs: what it held is leased to others by now.
HANG_SECONDS = 150.0
IDLE, ENDED = b".", b"+"


class ScoringProcess:
    """One process that scores; `config` is the settings file it reads, None for the usual one.

    environment: variables it gets beside ours.
    """

    _process: subprocess.Popen[bytes]
    _owner: str
    _pipe: IO[bytes]
    _beats: int
    _started_at: float
    _beat_at: float
    _has_worked: bool

    def __init__(
        self,
        config: Path | None,
        *,
        threads: int,
        environment: Mapping[str, str] = MappingProxyType({}),
        hang_seconds: float = HANG_SECONDS,
    ) -> None:
        option = ["--config", str(config)] if config else []
        self._line = [sys.executable, "-P", str(ROOT / "oddspot.py"), "detect", "--only-score", *option]
        # BLAS would start a thread a core in every process, and let each spin for more work.
        self._environment = os.environ | {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
        self._environment |= environment
        self._hang_seconds = hang_seconds
        self._deaths = 0
        self._due_at = 0.0
        self._start()

    def look(self) -> str | None:
        """Start it again where it died, the wait doubling with every death at its start; return who has just died.

        One that hangs is killed.
        """
        now = time.monotonic()
        self._listen(now)
        code = self._process.poll()
        if code is None:
            if now - self._beat_at > self._hang_seconds:
                logger.error("scoring_process_hangs", seconds=round(now - self._beat_at))
                self._process.kill()
                self._beat_at = now
            return None
        if self._due_at:
            if now >= self._due_at:
                self._start()
            return None
        is_well = self._has_worked or now - self._started_at > WELL_SECONDS
        self._deaths = 1 if is_well else self._deaths + 1
        self._due_at = now + min(LONGEST_WAIT, 2.0 ** (self._deaths - 1))
        logger.error("scoring_process_died", code=code, deaths=self._deaths)
        return self._owner

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
            killed = self._owner
        self._close()
        return killed

    def _listen(self, now: float) -> None:
        """Take in the beats that came since: one for every round that it has ended."""
        try:
            beats = os.read(self._beats, BEATS_AT_ONCE)
        except BlockingIOError:
            return
        if beats:
            self._beat_at = now
            self._has_worked = self._has_worked or ENDED in beats

    def _close(self) -> None:
        self._pipe.close()
        os.close(self._beats)

    def _start(self) -> None:
        if self._due_at:
            self._close()
        self._due_at = 0.0
        self._started_at = self._beat_at = time.monotonic()
        self._has_worked = False
        self._beats, written = os.pipe()
        os.set_blocking(self._beats, False)
        line = [*self._line, "--beats", str(written)]
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            line, env=self._environment, stdin=subprocess.PIPE, bufsize=0, pass_fds=(written,)
        )
        os.close(written)
        self._owner = owner_name(self._process.pid)  # while it is there: nobody can tell when a dead one began
        assert self._process.stdin is not None  # noqa: S101 - PIPE was asked for
        self._pipe = self._process.stdin
        # One that hangs lets its pipe fill up, and must not hold up whoever wakes it.
        os.set_blocking(self._pipe.fileno(), False)
