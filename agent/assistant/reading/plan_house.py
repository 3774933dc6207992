"""Which tools tell of the house rather than of the anomalies: labels, cameras, detectors, delays, acts, reports."""

from typing import Any

from agent.assistant.reading.reading import Slots

Call = tuple[str, dict[str, Any]]
LABEL_GROUPS = {"reviewer", "defect_class", "label", "source"}
REPORTS = {"day", "week", "month", "shift"}


def similar(slots: Slots) -> list[Call]:
    """Ask for past anomalies like one."""
    limit = {"limit": min(slots.limit, 50)} if slots.limit else {}
    return [("similar", {"id": f"A-{number}"} | _sources(slots) | limit) for number in slots.ids[:1]]


def labels(slots: Slots) -> list[Call]:
    """Ask what people said, and who; a class or a person named asks for it by class or person."""
    by = slots.group_by if slots.group_by in LABEL_GROUPS else None
    by = by or ("reviewer" if slots.person else "defect_class" if slots.defect_classes else None)
    person = {"person": slots.person} if slots.person else {}
    return [("label_counts", _sources(slots) | _window(slots) | ({"by": by} if by else {}) | person)]


def latency(slots: Slots) -> list[Call]:
    """Ask how long images take, and how many wait."""
    return [("latency", _sources(slots) | _window(slots))]


def silences(slots: Slots) -> list[Call]:
    """Ask what is silenced now, or was."""
    if {"open", "resolved"} <= {*slots.states}:
        return [("list_silences", _sources(slots))]
    if "resolved" in slots.states:
        return [("list_silences", _sources(slots) | {"states": ("ended",)})]
    is_of_now = "open" in slots.states or not slots.windows
    return [("list_silences", _sources(slots) | ({"states": ("active",)} if is_of_now else {}))]


def outages(slots: Slots) -> list[Call]:
    """Ask when cameras or sources could not be judged."""
    is_open = {"is_open": True} if "open" in slots.states and "resolved" not in slots.states else {}
    return [("list_outages", _sources(slots) | _window(slots) | is_open)]


def unjudged(slots: Slots) -> list[Call]:
    """Ask which images were not judged, and why."""
    limit = {"limit": slots.limit} if slots.limit else {}
    return [("list_unjudged", _sources(slots) | _window(slots) | limit)]


def untold(slots: Slots) -> list[Call]:
    """Ask why nothing was told: what state a source is in, and what is silenced."""
    return [("detector_status", _sources(slots) | _window(slots)), ("list_silences", _sources(slots))]


def versions(slots: Slots) -> list[Call]:
    """Ask for the detector versions of a source."""
    named = slots.sources or tuple(dict.fromkeys(name.split("@")[0] for name in slots.detectors))
    return [("versions", ({"sources": named} if named else {}) | _window(slots))]


def misses(slots: Slots) -> list[Call]:
    """Ask how much the detector misses, as far as audits tell."""
    return [("misses", _sources(slots) | _window(slots))]


def coverage(slots: Slots) -> list[Call]:
    """Ask what there is to be asked about."""
    return [("coverage", _sources(slots))]


def changes(slots: Slots) -> list[Call]:
    """Ask who changed what."""
    person = {"person": slots.person} if slots.person else {}
    limit = {"limit": slots.limit} if slots.limit else {}
    action = {"action": slots.action} if slots.action else {}
    return [("changes", _sources(slots) | _window(slots) | person | action | limit)]


def report(slots: Slots) -> list[Call]:
    """Ask for a report's figures."""
    period = {"period": slots.period} if slots.period in REPORTS else {}
    return [("report", _sources(slots) | _window(slots) | period)]


def _sources(slots: Slots) -> dict[str, Any]:
    return {"sources": slots.sources} if slots.sources else {}


def _window(slots: Slots) -> dict[str, Any]:
    return {"window": slots.windows[0]} if slots.windows else {}
