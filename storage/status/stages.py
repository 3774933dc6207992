"""How long each stage of the work takes, as histograms of one process, or of several that share a folder."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

NAME, MEANING = "oddspot_stage_seconds", "How long a stage of the work took."
BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 600.0)
# The library's word for a folder that processes count in; it looks for it when it is first imported.
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


class Stages(Collector):
    """Measures stages by name; where the environment names a folder, it is counted there for another process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(NAME, MEANING, ["stage"], buckets=BUCKETS, registry=self._registry)

    @contextmanager
    def timing(self, stage: str) -> Iterator[None]:
        """Count how long the block takes, whatever becomes of it."""
        with self._seconds.labels(stage).time():
            yield

    def took(self, stage: str, seconds: float) -> None:
        """Count a time that was measured elsewhere."""
        self._seconds.labels(stage).observe(max(0.0, seconds))

    def collect(self) -> list[Metric]:
        """Return the histograms of this process."""
        return list(self._registry.collect())


class SharedStages(Collector):
    """What children measured, in a folder of this process that is removed with it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="oddspot-stages-")

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that children need to count here."""
        return {FOLDER_VARIABLE: self._folder.name}

    def collect(self) -> list[Metric]:
        """Return the sums over all children, those that ended too."""
        if not os.listdir(self._folder.name):  # noqa: PTH208 - only whether there is anything
            return []
        summed = MultiProcessCollector(None, path=self._folder.name)  # type: ignore[no-untyped-call]  # it has no types
        return list(summed.collect())  # type: ignore[no-untyped-call]  # the same

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()
