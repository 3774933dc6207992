"""Every channel in which something of a source may be told, by the rules."""

from fnmatch import fnmatchcase

from config.routes import RouteSettings
from config.settings import Settings


def channels_of(settings: Settings, source: str) -> frozenset[str]:
    """Return the channels a source's alerts and reports may go to: its own, and those of the rules that can fit."""
    own = settings.channel_of(source)
    found = {settings.reports.channel or own}
    for rule in settings.routes:
        if not _is_for(rule, source):
            continue
        found.add(rule.channel or own)
        if rule.escalate is not None and rule.escalate.channel is not None:
            found.add(rule.escalate.channel)
        if not _has_conditions(rule):  # what comes after it is never reached
            return frozenset(found)
    return frozenset(found | {own})


def _is_for(rule: RouteSettings, source: str) -> bool:
    return not rule.source or any(fnmatchcase(source.lower(), pattern.lower()) for pattern in rule.source)


def _has_conditions(rule: RouteSettings) -> bool:
    bounds = (rule.severity_from, rule.severity_to, rule.hours)
    return any(bound is not None for bound in bounds) or bool(rule.defect_class or rule.attributes or rule.days)
