"""Whether a loop still turns: it beats at every round, and monitoring looks how long that is ago."""

import threading
import time
from collections.abc import Callable


class Pulse:
    """Beaten by one thread, looked at by others; clock: seconds that only grow."""

    def __init__(self, what: str, *, longest_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._longest = longest_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._last = clock()
        self._in_the_way: dict[str, str] = {}

    def beat(self) -> None:
        """Say that a round went well."""
        with self._lock:
            self._last = self._clock()

    def trouble(self) -> str | None:
        """Say what is wrong, None where a round went well lately."""
        with self._lock:
            age = self._clock() - self._last
        return None if age <= self._longest else f"{self._what}: no round went well for {age:.0f} s"

    def note(self, part: str, trouble: str | None) -> None:
        """Say what keeps a part from its work though the loop turns; None: it is over."""
        with self._lock:
            self._in_the_way.pop(part, None)
            if trouble is not None:
                self._in_the_way[part] = trouble

    def in_the_way(self) -> str | None:
        """Say what keeps this process from its work, None where nothing does: to start it again would not help."""
        with self._lock:
            return "; ".join(self._in_the_way.values()) or None
