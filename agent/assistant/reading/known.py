"""The names a question may use, read once for it."""

from dataclasses import dataclass, field
from datetime import datetime

from agent.assistant.tools.context import ToolContext
from storage.queries.anomalies import first_and_last_captured
from storage.queries.selection import Selection
from storage.queries.vocabulary import attributes, defect_classes, detector_names, people


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Names of the database, and when its record starts; values: some that each attribute has."""

    sources: tuple[str, ...]
    detectors: tuple[str, ...] = ()
    defect_classes: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    first: datetime | None = None


def known_names(context: ToolContext) -> KnownNames:
    """Read the names a run may use."""
    with context.database.reading() as session:
        ends = first_and_last_captured(session, selection=Selection(sources=context.allowed))
        found = attributes(session)
        return KnownNames(
            sources=tuple(context.visible_sources(session)),
            detectors=tuple(detector_names(session)),
            defect_classes=tuple(defect_classes(session)),
            attributes=tuple(found),
            values={key: tuple(values) for key, values in found.items()},
            people=tuple(people(session)),
            first=ends[0] if ends else None,
        )
