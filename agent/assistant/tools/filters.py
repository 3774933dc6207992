"""From a tool's filters to a selection, and back to what the answer says it looked at."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from agent.assistant.answer import rfc3339
from agent.assistant.tools.arguments import Filtered
from agent.assistant.tools.context import ToolContext, UnknownNameError
from agent.assistant.tools.names import exact, nearest
from agent.assistant.windows.reader import TimeReading
from storage.database import Session
from storage.queries.counting import count_inspections
from storage.queries.coverage import known_classes
from storage.queries.results import InspectionCounts
from storage.queries.selection import Selection
from storage.queries.vocabulary import attribute_keys, defect_classes, detector_names
from storage.records import Window


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a call looks at: the selection, its window, and the filters by name."""

    selection: Selection
    reading: TimeReading
    filters: dict[str, Any]

    @property
    def window(self) -> Window:
        """The window looked at."""
        return self.reading.window

    @property
    def unlabelled_side(self) -> Selection:
        """The same selection without what only anomalies and labels have: the images judged in all."""
        return replace(self.selection, labels=(), excluded_labels=(), defect_classes=(), min_ratio=None, min_score=None)


def choose(session: Session, context: ToolContext, wanted: Filtered, *, default_window: str | None = None) -> Chosen:
    """Check every name of a call's filters against the database; raise ToolError."""
    sources = context.chosen_sources(session, wanted.sources)
    excluded = context.chosen_sources(session, wanted.excluded_sources) if wanted.excluded_sources else ()
    named = sources or () if wanted.sources else ()
    reading = context.window(session, wanted.window or default_window, named)
    attributes = _attributes(session, wanted.attributes)
    selection = Selection(
        window=seen(reading.window, context.now),
        sources=sources,
        excluded_sources=excluded or (),
        labels=wanted.labels,
        excluded_labels=wanted.excluded_labels,
        defect_classes=_known("defect class", wanted.defect_classes, lambda: _classes(session, context)),
        detectors=_known("detector", wanted.detectors, lambda: _detectors(session, context)),
        attributes=attributes,
        min_ratio=wanted.min_ratio,
        min_score=wanted.min_score,
    )
    return Chosen(selection, reading, _filters(selection, named))


def seen(window: Window, now: datetime) -> Window:
    """Return the part of a window that is not after `now`; an empty one where all of it is."""
    return replace(window, end=max(window.start, min(window.end, now)))


def count_looked_at(session: Session, chosen: Chosen, counts: InspectionCounts) -> InspectionCounts:
    """Return the counts without what only labelled anomalies have; `counts` where nothing of that narrows them."""
    whole = chosen.unlabelled_side
    return counts if whole == chosen.selection else count_inspections(session, selection=whole)


def parameters(chosen: Chosen) -> dict[str, Any]:
    """Return the parameters a tool used, its window among them."""
    window = chosen.window
    span = f"{rfc3339(window.start)}/{rfc3339(window.end)}"
    return chosen.filters | {"window": span, "time_zone": window.time_zone}


def known_name(kind: str, said: str, known: list[str]) -> str:
    """Return the known name that is meant; raise UnknownNameError."""
    return _known(kind, (said,), lambda: known)[0]


def _known(kind: str, said: tuple[str, ...], names: Callable[[], list[str]]) -> tuple[str, ...]:
    if not said:
        return ()
    known = names()
    found = [exact(name, known) for name in said]
    for name, match in zip(said, found, strict=True):
        if match is None:
            raise UnknownNameError(kind, name, nearest(name, known))
    return tuple(match for match in found if match is not None)


def _attributes(session: Session, said: dict[str, str]) -> dict[str, str]:
    if not said:
        return {}
    keys = attribute_keys(session)
    return {known_name("attribute", key, keys): value for key, value in said.items()}


def _classes(session: Session, context: ToolContext) -> list[str]:
    """Return the defect classes that may be seen."""
    if context.allowed is None:
        return defect_classes(session)
    return list(known_classes(session, now=context.now, sources=context.allowed))


def _detectors(session: Session, context: ToolContext) -> list[str]:
    """Return the detector versions that may be seen."""
    names = detector_names(session)
    visible = set(context.visible_sources(session))
    return names if context.allowed is None else [name for name in names if name.rpartition("@")[0] in visible]


def _filters(selection: Selection, named: tuple[str, ...]) -> dict[str, Any]:
    filters: dict[str, Any] = {
        "sources": list(named),
        "excluded_sources": list(selection.excluded_sources),
        "labels": list(selection.labels),
        "excluded_labels": list(selection.excluded_labels),
        "defect_classes": list(selection.defect_classes),
        "detectors": list(selection.detectors),
        "attributes": dict(selection.attributes),
        "min_ratio": selection.min_ratio,
        "min_score": selection.min_score,
    }
    return {name: value for name, value in filters.items() if value}
