"""Oddspot's own commands as child processes, as a person would start them."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from detectors.errors import DetectorError

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 20.0


class ChildError(DetectorError):
    """A command of the demo failed."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"The demo's `oddspot {command}` failed: {said or 'it said nothing'}")


def command_line(*arguments: str) -> list[str]:
    """Return the command line of one of our commands."""
    return [sys.executable, "-P", str(ROOT / "oddspot.py"), *arguments]


def run_json(config: Path, *arguments: str, lines: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Run a command with --json and return what it printed, one object a line; raise ChildError."""
    done = subprocess.run(  # noqa: S603 - our own command
        command_line(*arguments, "--json", "--config", str(config)),
        input="\n".join(lines),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ChildError(arguments[0], done.stdout.strip()[-200:])
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


class Service:
    """`oddspot detect` and `oddspot talk` while the demo runs; what talk prints goes to `hear`."""

    def __init__(self, config: Path, log: Path, hear: Callable[[str], None], *, has_colour: bool) -> None:
        self._log = log.open("a", encoding="utf-8")
        self._log_path = log
        environment = os.environ | {"PYTHONUNBUFFERED": "1"} | ({"FORCE_COLOR": "1"} if has_colour else {})
        option = ("--config", str(config))
        self._detect = self._start(command_line("detect", *option), environment, self._log)
        self._talk = self._start(command_line("talk", *option), environment, subprocess.PIPE)
        self._listener = threading.Thread(target=self._listen, args=(hear,), daemon=True)
        self._listener.start()

    def _start(self, line: list[str], environment: dict[str, str], out: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(line, env=environment, stdout=out, stderr=self._log, text=True)  # noqa: S603 - ours

    def _listen(self, hear: Callable[[str], None]) -> None:
        if self._talk.stdout is not None:
            for line in self._talk.stdout:
                hear(line.rstrip("\n"))

    def require_alive(self) -> None:
        """Raise ChildError where one of the two has ended."""
        for name, process in (("detect", self._detect), ("talk", self._talk)):
            if process.poll() is not None:
                last = self._log_path.read_text(encoding="utf-8").strip().splitlines()[-1:]
                raise ChildError(name, last[0] if last else "")

    def stop(self) -> None:
        """End both and wait; what they hold is finished first."""
        for process in (self._detect, self._talk):
            if process.poll() is None:
                process.terminate()
        for process in (self._detect, self._talk):
            try:
                process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._listener.join(timeout=5)
        self._log.close()
