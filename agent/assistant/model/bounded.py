"""Work that may take only so long: what is late is left behind, and only so much may be left behind at once."""

import threading
from collections.abc import Callable
from queue import Empty, Queue
from time import monotonic
from typing import Any, TypeVar

T = TypeVar("T")

MOST_LEFT_BEHIND = 16


class LateError(Exception):
    """Work was not done when its time was up, or could not be begun."""


class Patience:
    """Runs work in threads of their own; a server that drips bytes would hold us for ever.

    most: how many may be at work, left behind or not; with no place free nothing is begun.
    """

    def __init__(self, most: int = MOST_LEFT_BEHIND) -> None:
        self._places = threading.BoundedSemaphore(most)

    def run(self, work: Callable[[], T], deadline: float) -> T:
        """Return what work gives, up to a moment in monotonic seconds; raise LateError, or what it raises."""
        if not self._places.acquire(blocking=False):
            raise LateError("too many earlier questions still wait for it")
        done: Queue[tuple[Any, Exception | None]] = Queue()

        def run() -> None:
            try:
                done.put((work(), None))
            except Exception as error:  # noqa: BLE001 - any provider raises its own; the caller tells them
                done.put((None, error))
            finally:
                self._places.release()

        threading.Thread(target=run, name="language-model", daemon=True).start()
        try:
            outcome, error = done.get(timeout=max(0.0, deadline - monotonic()))
        except Empty:
            raise LateError("its time is up") from None
        if error is not None:
            raise error
        return outcome  # type: ignore[no-any-return]  # what work returned
