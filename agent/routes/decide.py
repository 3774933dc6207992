"""The first rule that fits decides: channel, mentions, escalation, and whether quiet hours keep it back.

First match, not all: an incident is one message, so it stands in one channel. An escalation can name another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent.routes.hours import Span, span_at
from agent.routes.match import Facts, why_not
from config.routes import EscalationSettings, QuietSettings, RouteSettings
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to an anomaly; rule is the number of the rule from 1 on, None where none fits.

    held: the quiet hours that keep it back now. breaks_quiet: it is severe enough to be posted in them.
    """

    channel: str
    rule: int | None = None
    name: str | None = None
    mention: tuple[str, ...] = ()
    escalate: EscalationSettings | None = None
    quiet: QuietSettings | None = None
    held: Span | None = None
    breaks_quiet: bool = False
    zone: str = "UTC"
    severity: float = 0.0
    severity_from: float | None = None

    @property
    def as_payload(self) -> dict[str, Any]:
        """What the delivery of a post remembers of it: how severe it was, and what the rule wants."""
        route: dict[str, Any] = {"severity": self.severity}
        if self.rule is None:
            return {"route": route}
        route |= {"rule": rule_name(self.rule, self.name), "mention": list(self.mention)}
        if self.escalate is not None:
            route["escalate"] = self.escalate.model_dump(mode="json")
        if self.quiet is not None and not self.breaks_quiet:
            route["quiet"] = {"hours": self.quiet.hours, "zone": self.zone}
        return {"route": route}


def decide(settings: Settings, facts: Facts, *, now: datetime) -> Decision:
    """Return what the rules say of an anomaly now; without a rule that fits it is as without rules."""
    channel = settings.channel_of(facts.source)
    found = first_fitting(settings.routes, facts, now=now)
    if found is None:
        return Decision(channel, zone=facts.zone, severity=facts.severity)
    number, rule = found
    span = span_at(rule.quiet.hours, facts.zone, now) if rule.quiet else None
    breaks_quiet = _breaks(rule.quiet, facts)
    return Decision(
        channel=rule.channel or channel,
        rule=number,
        name=rule.name,
        mention=rule.mention,
        escalate=rule.escalate,
        quiet=rule.quiet,
        held=None if breaks_quiet else span,
        breaks_quiet=breaks_quiet,
        zone=facts.zone,
        severity=facts.severity,
        severity_from=rule.severity_from,
    )


def is_worse(decision: Decision, before: dict[str, Any]) -> bool:
    """Say whether an incident posted by `before` has become severe enough for a rule that waits for such."""
    was = before.get("severity")
    if was is None or decision.severity_from is None or decision.held is not None:
        return False
    return float(was) < decision.severity_from <= decision.severity


def channel_of_notice(settings: Settings, source: str, *, now: datetime) -> str:
    """Return where what is said of a source itself goes: the first rule that fits and asks nothing of an anomaly."""
    rules = [rule for rule in settings.routes if not _asks_of_an_anomaly(rule)]
    facts = Facts(source, 0.0, settings.zone_of(source))
    found = first_fitting(rules, facts, now=now)
    return (found[1].channel if found else None) or settings.channel_of(source)


def first_fitting(rules: Sequence[RouteSettings], facts: Facts, *, now: datetime) -> tuple[int, RouteSettings] | None:
    """Return the first rule that fits and its number from 1 on."""
    return next(((number, rule) for number, rule in enumerate(rules, 1) if why_not(rule, facts, now=now) is None), None)


def escalation_due(route: dict[str, Any], *, posted_at: datetime) -> datetime | None:
    """Return when an incident posted then is escalated, after quiet hours it may not break; None where it is not."""
    if "escalate" not in route:
        return None
    due = posted_at + timedelta(minutes=float(route["escalate"]["after_minutes"]))
    quiet = route.get("quiet")
    span = span_at(quiet["hours"], quiet["zone"], due) if quiet else None
    return due if span is None else span.end


def rule_name(number: int, name: str | None) -> str:
    """Return what people call a rule."""
    return f"rule {number} ({name})" if name else f"rule {number}"


def _asks_of_an_anomaly(rule: RouteSettings) -> bool:
    bounds = (rule.severity_from, rule.severity_to)
    return any(bound is not None for bound in bounds) or bool(rule.defect_class or rule.attributes)


def _breaks(quiet: QuietSettings | None, facts: Facts) -> bool:
    return quiet is not None and quiet.unless_severity is not None and facts.severity >= quiet.unless_severity
