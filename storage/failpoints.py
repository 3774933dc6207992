"""Named steps at which a test lets a process die; they do nothing unless an environment variable names a file.

The file holds one line, `NAME COUNT`: whoever reaches that step as the COUNT-th, in whatever process, dies there as by
kill -9, and leaves the file empty. So a test counts up until a run ends with its file untouched.
"""

import fcntl
import os
import signal

VARIABLE = "ODDSPOT_FAILPOINT_FILE"


def reach(name: str) -> None:
    """Say that a step is reached."""
    file = os.environ.get(VARIABLE)
    if file and _is_last(file, name):
        os.kill(os.getpid(), signal.SIGKILL)


def _is_last(file: str, name: str) -> bool:
    """Count one off where the file names this step; say whether it was the one to die at."""
    try:
        with open(file, "r+", encoding="utf-8") as opened:  # noqa: PTH123 - as quick as it can be
            fcntl.flock(opened, fcntl.LOCK_EX)
            wanted, _, left = opened.read().partition(" ")
            if wanted != name:
                return False
            opened.seek(0)
            opened.truncate()
            if int(left) > 1:
                opened.write(f"{name} {int(left) - 1}")
            return int(left) == 1
    except OSError:
        return False  # no test arms it now
