"""Who holds what: a process, named so that others of its machine can see whether it is gone."""

import os
import socket


def owner_name(pid: int) -> str:
    """Name a process of this machine as the owner of what it takes."""
    return f"{_place()}:{pid}"


def is_gone(owner: str) -> bool:
    """Say whether an owner was a process of this machine that is there no more; of others nothing is known."""
    place, _, pid = owner.rpartition(":")
    if place != _place() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _place() -> str:
    """Name where process ids mean the same: this machine, and on it this container."""
    try:
        return f"{socket.gethostname()}/{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116 - it is no path to follow
    except OSError:
        return socket.gethostname()
