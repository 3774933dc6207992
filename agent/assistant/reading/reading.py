"""What a question was understood to ask."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Intent(StrEnum):
    """What is wanted; change is refused, help needs no tool, unknown is not in the record."""

    COUNT = "count"
    GROUP = "group"
    LIST = "list"
    DETAIL = "detail"
    INCIDENT = "incident"
    INCIDENTS = "incidents"
    TREND = "trend"
    TOP = "top"
    DETECTOR = "detector"
    HEALTH = "health"
    COMPARE = "compare"
    SUMMARY = "summary"
    WHAT_IF = "what_if"
    SIMILAR = "similar"
    LABELS = "labels"
    HOTSPOTS = "hotspots"
    LATENCY = "latency"
    SILENCES = "silences"
    OUTAGES = "outages"
    UNJUDGED = "unjudged"
    UNTOLD = "untold"
    VERSIONS = "versions"
    MISSES = "misses"
    COVERAGE = "coverage"
    CHANGES = "changes"
    REPORT = "report"
    CHANGE = "change"
    HELP = "help"
    UNKNOWN = "unknown"


# What counts anomalies, in one way or another.
COUNTING = {Intent.COUNT, Intent.SUMMARY, Intent.GROUP, Intent.TREND, Intent.TOP, Intent.HOTSPOTS, Intent.COMPARE}
# What no tool answers, so nobody is offered it.
NO_TOOL = frozenset({Intent.CHANGE, Intent.HELP, Intent.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Slots:
    """What narrows or shapes a question; windows are `FROM/TO` in UTC, spoken keeps their words; firm: see FIRM.

    sides: two values of one attribute, (key, value), that are held against each other.
    """

    windows: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()
    firm: tuple[bool, ...] = ()
    is_future: bool = False
    sources: tuple[str, ...] = ()
    excluded_sources: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    incident: str | None = None
    detectors: tuple[str, ...] = ()
    defect_classes: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    sides: tuple[tuple[str, str], ...] = ()
    figure: str | None = None
    labels: tuple[str, ...] = ()
    excluded_labels: tuple[str, ...] = ()
    group_by: str | None = None
    attribute: str | None = None
    limit: int | None = None
    offset: int = 0
    order: str | None = None
    states: tuple[str, ...] = ()
    min_ratio: float | None = None
    min_score: float | None = None
    action: str | None = None
    threshold: float | None = None
    person: str | None = None
    period: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """An intent with its slots."""

    intent: Intent
    slots: Slots

    def as_json(self) -> dict[str, Any]:
        """Return what a thread remembers."""
        return {"intent": str(self.intent), "slots": asdict(self.slots)}


def reading_from(values: dict[str, Any]) -> Reading:
    """Read what a thread remembers; raise KeyError, TypeError or ValueError where it is of another make."""
    slots: dict[str, Any] = {key: _as_tuples(value) for key, value in values["slots"].items()}
    return Reading(Intent(values["intent"]), Slots(**slots))


def _as_tuples(value: Any) -> Any:
    return tuple(_as_tuples(one) for one in value) if isinstance(value, list) else value
