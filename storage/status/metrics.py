"""The figures of the house in Prometheus's text format, read from the database when they are asked for."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from storage.database import Database
from storage.queries.operations import operations
from storage.records import Operations

PLAIN = {
    "frames_waiting": "Frames received and not inspected yet.",
    "oldest_frame_seconds": "How long the oldest of them has waited.",
    "events_waiting": "Events nobody has taken up yet.",
    "oldest_event_seconds": "How long the oldest of them has waited.",
    "unsent": "Deliveries that should have been sent by now.",
    "oldest_unsent_seconds": "How long the oldest of them has waited.",
    "given_up": "Deliveries given up.",
    "open_incidents": "Incidents that are open or acknowledged.",
    "alarms": "Troubles of telling that go on.",
}


class _Families(Collector):
    """The families of one moment."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def metrics_text(database: Database, clock: Callable[[], datetime], own: Iterable[Collector] = ()) -> bytes:
    """Return the figures, what this process measured (`own`) and what it costs; raise DatabaseError."""
    with database.reading() as session:
        found = operations(session, now=clock())
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Families(list(_families(found))))
    for collector in own:
        registry.register(collector)
    return generate_latest(registry)


def _families(found: Operations) -> Iterator[Metric]:
    for name, meaning in PLAIN.items():
        yield GaugeMetricFamily(f"oddspot_{name}", meaning, value=getattr(found, name))
    yield from _by_source(found)
    yield _latency(found)
    lost = GaugeMetricFamily(
        "oddspot_frames_lost_last_day",
        "Frames not inspected, received in the last day.",
        labels=["state", "reason"],
    )
    for (state, reason), count in found.lost.items():
        lost.add_metric([state, reason], count)
    jobs = GaugeMetricFamily("oddspot_jobs", "Jobs that have not ended.", labels=["state"])
    for state, count in found.jobs.items():
        jobs.add_metric([state], count)
    yield from (lost, jobs)


def _by_source(found: Operations) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "oddspot_last_frame_age_seconds", "How long ago a source's newest frame was received.", labels=["source"]
    )
    state = GaugeMetricFamily("oddspot_source_state", "1 for the state a source is in.", labels=["source", "state"])
    out = GaugeMetricFamily("oddspot_source_not_judged", "1 while a camera is at fault or silent.", labels=["source"])
    for source in found.sources:
        if source.last_frame_seconds is not None:
            age.add_metric([source.name], source.last_frame_seconds)
        state.add_metric([source.name, source.state], 1)
        out.add_metric([source.name], float(source.is_out))
    yield from (age, state, out)


def _latency(found: Operations) -> Metric:
    family = GaugeMetricFamily(
        "oddspot_inspection_seconds",
        "Received to inspected, quantiles of the last hour.",
        labels=["quantile"],
    )
    for quantile, seconds in found.latency.items():
        family.add_metric([str(quantile)], seconds)
    return family
