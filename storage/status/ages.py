"""How long ago things that should come again and again last came."""

import threading
import time
from collections.abc import Callable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class Ages(Collector):
    """Marked by one thread, read by others; one figure a name, none for what never came."""

    def __init__(self, metric: str, meaning: str, label: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._metric, self._meaning, self._label = metric, meaning, label
        self._clock = clock
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}

    def mark(self, name: str) -> None:
        """Say that it came just now."""
        with self._lock:
            self._last[name] = self._clock()

    def collect(self) -> list[Metric]:
        """Return the seconds since each came."""
        family = GaugeMetricFamily(self._metric, self._meaning, labels=[self._label])
        with self._lock:
            for name, last in self._last.items():
                family.add_metric([name], self._clock() - last)
        return [family]


def sweep_ages(*, clock: Callable[[], float] = time.monotonic) -> Ages:
    """Return the ages of the chores that are done now and then, by whichever process leads."""
    return Ages("oddspot_sweep_age_seconds", "How long ago a chore last went well.", "chore", clock=clock)


def socket_ages(*, clock: Callable[[], float] = time.monotonic) -> Ages:
    """Return the ages of what comes from Slack over the socket: an event of people, or anything, as a ping's answer."""
    return Ages("oddspot_socket_age_seconds", "How long ago the socket last brought it.", "what", clock=clock)
