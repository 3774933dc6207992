"""Whether sources could be looked at: a folder that is gone, or a camera that is silent, sends nothing to count."""

import threading

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

NAME, MEANING = "oddspot_source_reached", "1 where the newest look at a source reached it, 0 where it did not."


class Reached(Collector):
    """Marked by the threads that look, read by others; one figure a source that was looked at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[str, bool] = {}

    def mark(self, source: str, is_reached: bool) -> None:  # noqa: FBT001 - what is marked
        """Say how the newest look at a source went."""
        with self._lock:
            self._newest[source] = is_reached

    def collect(self) -> list[Metric]:
        """Return a figure for each source."""
        family = GaugeMetricFamily(NAME, MEANING, labels=["source"])
        with self._lock:
            for source, is_reached in self._newest.items():
                family.add_metric([source], float(is_reached))
        return [family]
