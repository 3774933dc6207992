"""What the rules would do with an anomaly, and why, in words for people."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.messages.figures import span
from agent.routes.decide import Decision, escalation_due, rule_name
from agent.routes.match import Facts, why_not
from config.routes import RouteSettings


def explain(rules: Sequence[RouteSettings], facts: Facts, decision: Decision, *, now: datetime) -> list[str]:
    """Return sentences: which rules fit or why not, where it goes, whether it is kept back, when it is escalated."""
    return [
        *_which_rule(rules, facts, decision, now),
        _where(decision),
        *_quiet(facts, decision),
        *_escalation(decision, now),
    ]


def rules_passed_over(
    rules: Sequence[RouteSettings], facts: Facts, decision: Decision, *, now: datetime
) -> list[tuple[int, str]]:
    """Return the rules before the one that decides, each with why it does not fit."""
    looked_at = rules[: decision.rule - 1] if decision.rule else rules
    return [(number, why_not(rule, facts, now=now) or "") for number, rule in enumerate(looked_at, 1)]


def escalates_at(decision: Decision, *, now: datetime) -> datetime | None:
    """Return when an anomaly posted now would be escalated."""
    return None if decision.held else escalation_due(decision.as_payload.get("route", {}), posted_at=now)


def called(ids: Iterable[str]) -> str:
    """Name who is mentioned, as the settings write it."""
    return " and ".join("everybody here" if one == "here" else one for one in ids)


def _which_rule(rules: Sequence[RouteSettings], facts: Facts, decision: Decision, now: datetime) -> Iterator[str]:
    if not rules:
        yield "There are no rules."
        return
    for number, reason in rules_passed_over(rules, facts, decision, now=now):
        yield f"{_name(rules, number)} does not fit: {reason}."
    yield f"{_name(rules, decision.rule)} fits." if decision.rule else "No rule fits: it is as without rules."


def _where(decision: Decision) -> str:
    mention = f", calling {called(decision.mention)}" if decision.mention else ""
    if decision.held is not None:
        return f"It would not be posted by itself, but be part of a summary in {decision.channel}."
    return f"It would be posted to {decision.channel}{mention}."


def _quiet(facts: Facts, decision: Decision) -> Iterator[str]:
    quiet = decision.quiet
    if quiet is None:
        return
    limit = quiet.unless_severity
    if decision.held is not None:
        why = "nothing breaks them" if limit is None else f"severity {facts.severity:.3g} is below {limit:g}"
        yield f"Quiet hours {quiet.hours} keep it back until {_local(decision.held.end, facts.zone)}: {why}."
    elif decision.breaks_quiet:
        yield f"Quiet hours {quiet.hours} never keep it back: severity {facts.severity:.3g} is at least {limit:g}."
    else:
        yield f"It is outside of the quiet hours {quiet.hours} ({facts.zone})."


def _escalation(decision: Decision, now: datetime) -> Iterator[str]:
    if decision.escalate is None:
        return
    if decision.held is not None:
        yield "It would not be escalated: a summary is not."
        return
    wanted, due = decision.escalate, escalates_at(decision, now=now)
    how = f"a message goes to {wanted.channel}" if wanted.channel else "a reply goes under it"
    calling = f", calling {called(wanted.mention)}" if wanted.mention else ""
    at = _local(due, decision.zone) if due else ""
    yield f"If nobody acts within {span(wanted.after_minutes)}, {how} at {at}{calling}."


def _name(rules: Sequence[RouteSettings], number: int) -> str:
    return rule_name(number, rules[number - 1].name).capitalize()


def _local(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
