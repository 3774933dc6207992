"""Whether a rule fits an anomaly, and if not, the first reason in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from agent.routes.hours import span_at
from config.routes import WEEKDAYS, RouteSettings


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at; severity is score over threshold, zone the source's."""

    source: str
    severity: float
    zone: str = "UTC"
    defect_class: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


def why_not(rule: RouteSettings, facts: Facts, *, now: datetime) -> str | None:
    """Return why a rule does not fit, None where it does."""
    return (
        _source(rule, facts)
        or _severity(rule, facts)
        or _class(rule, facts)
        or _attributes(rule, facts)
        or _time(rule, facts, now)
    )


def _source(rule: RouteSettings, facts: Facts) -> str | None:
    if not rule.source or _fits(facts.source, rule.source):
        return None
    return f"source {facts.source} is not {_either(rule.source)}"


def _severity(rule: RouteSettings, facts: Facts) -> str | None:
    if rule.severity_from is not None and facts.severity < rule.severity_from:
        return f"severity {facts.severity:.3g} is below {rule.severity_from:g}"
    if rule.severity_to is not None and facts.severity >= rule.severity_to:
        return f"severity {facts.severity:.3g} is not below {rule.severity_to:g}"
    return None


def _class(rule: RouteSettings, facts: Facts) -> str | None:
    if not rule.defect_class:
        return None
    if facts.defect_class is None:
        return f"its class is not known, {_either(rule.defect_class)} is wanted"
    if _fits(facts.defect_class, rule.defect_class):
        return None
    return f"class {facts.defect_class} is not {_either(rule.defect_class)}"


def _attributes(rule: RouteSettings, facts: Facts) -> str | None:
    for key, wanted in rule.attributes.items():
        value = facts.attributes.get(key)
        if value is None:
            return f"it has no {key}, {wanted} is wanted"
        if not fnmatchcase(value.lower(), wanted.lower()):
            return f"{key} {value} is not {wanted}"
    return None


def _time(rule: RouteSettings, facts: Facts, now: datetime) -> str | None:
    local = now.astimezone(ZoneInfo(facts.zone))
    day = local.date()
    if rule.hours is not None:
        span = span_at(rule.hours, facts.zone, now)
        if span is None:
            return f"{local:%H:%M} is outside of {rule.hours} ({facts.zone})"
        day = span.day  # Friday's night shift ends on Saturday and is Friday's
    weekday = WEEKDAYS[day.weekday()]
    if rule.days and weekday not in rule.days:
        return f"{weekday} is not {_either(rule.days)}"
    return None


def _fits(value: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(value.lower(), pattern.lower()) for pattern in patterns)


def _either(patterns: Sequence[str]) -> str:
    return " or ".join(patterns)
