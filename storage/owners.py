"""Who holds what: a process, named so that others of its machine can see whether it is gone."""

import os
import socket
from pathlib import Path

_ENDED = frozenset("ZX")


def owner_name(pid: int) -> str:
    """Name a process of this machine as the owner of what it takes.

    When it began is part of the name: a container that is started again gives the same numbers again.
    """
    _, began = _life_of(pid)
    return f"{_place()}:{pid}@{began}" if began else f"{_place()}:{pid}"


def is_gone(owner: str) -> bool:
    """Say whether an owner was a process of this machine that is there no more; of others nothing is known."""
    place, _, process = owner.rpartition(":")
    pid, _, began = process.partition("@")
    if place != _place() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # somebody else's: when it began still tells
    state, began_now = _life_of(int(pid))
    return state in _ENDED or bool(began and began_now and began != began_now)


def _life_of(pid: int) -> tuple[str, str]:
    """Return the state of a process and the tick since boot at which it began; nothing where neither can be read.

    One that has ended is there as a zombie until its parent has looked, which may be long after.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "", ""
    return fields[0], fields[19]


def _place() -> str:
    """Name where process ids mean the same: this machine, and on it this container."""
    try:
        return f"{socket.gethostname()}/{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116 - it is no path to follow
    except OSError:
        return socket.gethostname()
