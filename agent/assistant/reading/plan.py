"""Which tools a reading needs, with which arguments."""

from dataclasses import replace
from typing import Any

from agent.assistant.reading import plan_house
from agent.assistant.reading.plan_house import Call
from agent.assistant.reading.reading import Intent, Reading, Slots

MEASURES = {"confirmed", "false_alarms", "unsure", "unlabelled", "missed", "not_judged", "judged"}
RANKED = MEASURES | {"anomaly_rate", "false_alarm_rate"}
COMPARED = MEASURES | {"normal", "anomaly_rate", "false_alarm_rate"}
ORDERS = {"newest", "oldest", "worst"}
INCIDENT_ORDERS = {"newest": "newest", "oldest": "oldest", "worst": "largest", "longest": "longest"}
STEPS = {"hour", "day", "week", "month"}
WORST_IN_SUMMARY = 3
HEALTH_WINDOW = "last 24 hours"
PAIR = 2


def calls_of(reading: Reading) -> list[Call]:
    """Return the calls of tools that answer a reading, in the order they are told."""
    return PLANS[reading.intent](reading.slots)


def _count(slots: Slots) -> list[Call]:
    return [("count_anomalies", _filters(slots, with_labels=False))]


def _group(slots: Slots) -> list[Call]:
    arguments = _filters(slots, with_labels=False) | {"group_by": slots.group_by}
    if slots.group_by == "defect_class" and slots.defect_classes:
        arguments.pop("defect_classes", None)
    if slots.order == "worst":
        arguments["sort"] = "most"
    if slots.attribute:
        arguments["attribute"] = slots.attribute
    if slots.limit:
        arguments["limit"] = slots.limit
    return [("count_anomalies", arguments)]


def _list(slots: Slots) -> list[Call]:
    arguments = _filters(slots)
    if slots.figure == "missed":
        arguments["kind"] = "missed"
    order = slots.order if slots.order in ORDERS else None
    arguments |= {"order": order or ("worst" if slots.min_ratio or slots.min_score else "newest")}
    arguments |= {"limit": min(slots.limit or 10, 500)} | ({"offset": slots.offset} if slots.offset else {})
    return [("list_anomalies", arguments)]


def _detail(slots: Slots) -> list[Call]:
    return [("get_anomaly", {"id": f"A-{number}"}) for number in slots.ids[:5]]


def _incident(slots: Slots) -> list[Call]:
    return [("list_incidents", {"id": slots.incident})]


def _incidents(slots: Slots) -> list[Call]:
    arguments: dict[str, Any] = {"sources": slots.sources, "states": slots.states, "limit": min(slots.limit or 10, 500)}
    order = {"order": INCIDENT_ORDERS[slots.order]} if slots.order in INCIDENT_ORDERS else {}
    person = {"person": slots.person} if slots.person else {}
    return [("list_incidents", arguments | order | person | _window(slots))]


def _trend(slots: Slots) -> list[Call]:
    bucket = {"bucket": slots.group_by} if slots.group_by in STEPS else {}
    return [("trend", _filters(slots) | bucket)]


def _top(slots: Slots) -> list[Call]:
    measure = slots.figure if slots.figure in RANKED else "anomalies"
    limit = min(slots.limit or 5, 100)
    fewest = {"order": "fewest"} if slots.order == "fewest" else {}
    return [("top_sources", _filters(slots, with_labels=False) | {"measure": measure, "limit": limit} | fewest)]


def _detector(slots: Slots) -> list[Call]:
    sources = slots.sources or tuple(name.split("@")[0] for name in slots.detectors)
    return [("detector_status", {"sources": sources} | _window(slots))]


def _health(slots: Slots) -> list[Call]:
    window = _window(slots) or {"window": HEALTH_WINDOW}
    counts = ("count_anomalies", {"sources": slots.sources} | window)
    incidents = {"sources": slots.sources, "states": ("open", "acknowledged"), "limit": 5}
    return [counts, ("detector_status", {"sources": slots.sources} | window), ("list_incidents", incidents)]


def _compare(slots: Slots) -> list[Call]:
    """Compare the first two windows, sources, detectors, classes or lots; more than two sources are counted apart."""
    filters = _filters(slots, with_labels=False)
    figure = "judged" if slots.figure == "received" else slots.figure  # images are told apart once judged
    filters |= {"measure": figure} if figure in COMPARED else {}
    if len(slots.windows) > 1:
        return [("compare", filters | {"other_window": slots.windows[1]})]
    if len(slots.sides) == PAIR:
        (key, value), (_, other) = slots.sides
        attributes = filters.get("attributes", {})
        sides = {"attributes": attributes | {key: value}, "other_attributes": attributes | {key: other}}
        return [("compare", filters | sides)]
    for name in ("sources", "detectors", "defect_classes"):
        both = getattr(slots, name)
        if len(both) == PAIR:
            return [("compare", filters | {name: both[:1], f"other_{name}": both[1:]})]
    filters.pop("measure", None)
    return [("count_anomalies", filters | {"group_by": "source"})]


def _hotspots(slots: Slots) -> list[Call]:
    return [("hotspots", _filters(slots))]


def _summary(slots: Slots) -> list[Call]:
    slots = slots if slots.windows else replace(slots, windows=(HEALTH_WINDOW,))
    worst = replace(slots, order="worst", limit=WORST_IN_SUMMARY, figure=None)
    incidents = {"sources": slots.sources, "limit": 5} | _window(slots)
    return [_count(slots)[0], _list(worst)[0], ("list_incidents", incidents)]


def _what_if(slots: Slots) -> list[Call]:
    sources = (slots.sources or tuple(name.split("@")[0] for name in slots.detectors))[:1]
    threshold = {} if slots.threshold is None else {"threshold": slots.threshold}
    return [("what_if", {"sources": sources} | threshold | _window(slots))]


def _nothing(_: Slots) -> list[Call]:
    return []


def _window(slots: Slots) -> dict[str, Any]:
    return {"window": slots.windows[0]} if slots.windows else {}


def _filters(slots: Slots, *, with_labels: bool = True) -> dict[str, Any]:
    """Return what narrows a call; counts tell labels apart by themselves, only lists filter by them."""
    filters: dict[str, Any] = {
        "sources": slots.sources,
        "excluded_sources": slots.excluded_sources,
        "defect_classes": slots.defect_classes,
        "detectors": slots.detectors,
        "attributes": slots.attributes,
        "excluded_labels": slots.excluded_labels,
        "min_ratio": slots.min_ratio,
        "min_score": slots.min_score,
    }
    if with_labels:
        filters["labels"] = slots.labels
    return {name: value for name, value in filters.items() if value} | _window(slots)


PLANS = {
    Intent.COUNT: _count,
    Intent.GROUP: _group,
    Intent.LIST: _list,
    Intent.DETAIL: _detail,
    Intent.INCIDENT: _incident,
    Intent.INCIDENTS: _incidents,
    Intent.TREND: _trend,
    Intent.TOP: _top,
    Intent.DETECTOR: _detector,
    Intent.HEALTH: _health,
    Intent.COMPARE: _compare,
    Intent.SUMMARY: _summary,
    Intent.WHAT_IF: _what_if,
    Intent.SIMILAR: plan_house.similar,
    Intent.LABELS: plan_house.labels,
    Intent.HOTSPOTS: _hotspots,
    Intent.LATENCY: plan_house.latency,
    Intent.SILENCES: plan_house.silences,
    Intent.OUTAGES: plan_house.outages,
    Intent.UNJUDGED: plan_house.unjudged,
    Intent.UNTOLD: plan_house.untold,
    Intent.VERSIONS: plan_house.versions,
    Intent.MISSES: plan_house.misses,
    Intent.COVERAGE: plan_house.coverage,
    Intent.CHANGES: plan_house.changes,
    Intent.REPORT: plan_house.report,
    Intent.CHANGE: _nothing,
    Intent.HELP: _nothing,
    Intent.UNKNOWN: _nothing,
}
