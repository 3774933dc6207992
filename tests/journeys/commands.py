"""Our own commands as real processes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
FRONT_DOOR = (sys.executable, "-P", str(ROOT / "oddspot.py"))
PATIENCE_SECONDS = 60.0


def environment(**changes: str) -> dict[str, str]:
    """Return the machine's environment without any setting of ours."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ODDSPOT", "SLACK_"))}
    return kept | {"OMP_NUM_THREADS": "2", "PYTHONUNBUFFERED": "1"} | changes


def oddspot(
    *arguments: str | Path,
    cwd: Path,
    given: str | None = None,
    env: Mapping[str, str] | None = None,
    to: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; to: a file that gets what it prints."""
    with ExitStack() as stack:
        return subprocess.run(
            [*FRONT_DOOR, *map(str, arguments)],
            cwd=cwd,
            env=environment(**(env or {})),
            input=given,
            stdout=subprocess.PIPE if to is None else stack.enter_context(to.open("w")),
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=150,
        )


def json_lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Return what a command with --json printed."""
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class Running:
    """A command that goes on until it is stopped."""

    def __init__(self, *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [*FRONT_DOOR, *map(str, arguments)],
            cwd=cwd,
            env=environment(**(env or {})),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - one call, before any thread of the child
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        if self.process.stdout is not None:
            self.lines.extend(line for line in self.process.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for(self, words: str) -> None:
        """Wait until a line holds these words."""
        wait_until(lambda: any(words in line for line in self.lines) or self.process.poll() is not None)
        assert any(words in line for line in self.lines), "".join(self.lines)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._reader.join(timeout=5)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


def _hear_ctrl_c() -> None:
    """Undo what a shell does to commands in its background: they are deaf to Ctrl-C, and so are their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_until(is_so: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Look again and again until something is so; fail where it never is."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited too long"
        threading.Event().wait(0.05)
