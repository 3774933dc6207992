"""Faults on demand: what goes wrong with the next calls, and for how many of them."""

import threading
from dataclasses import dataclass

ANY_METHOD = "*"


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong; `remaining` None means until it is cleared."""

    method: str
    error: str | None = None
    status: int | None = None
    rate_limited: int | None = None
    drop_before: bool = False
    drop_after_accept: bool = False
    redirect: str | None = None
    remaining: int | None = 1


class Faults:
    """The faults still to come, oldest first."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        with self._lock:
            self._waiting.append(fault)

    def take(self, method: str) -> Fault | None:
        """Return the fault this call meets, and count it."""
        with self._lock:
            for fault in self._waiting:
                if fault.method in {method, ANY_METHOD}:
                    self._count(fault)
                    return fault
        return None

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._waiting.clear()
        self.seconds = 0.0

    def _count(self, fault: Fault) -> None:
        if fault.remaining is None:
            return
        fault.remaining -= 1
        if fault.remaining <= 0:
            self._waiting.remove(fault)
