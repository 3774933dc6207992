"""`oddspot routes`: the rules, and what they would do with an anomaly."""

import re
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from agent.alerts.routing import facts_of
from agent.errors import AgentError
from agent.routes.decide import Decision, decide
from agent.routes.explain import called, escalates_at, explain, rules_passed_over
from agent.routes.match import Facts
from config.load import load_settings
from config.routes import Images, RouteSettings
from config.settings import Settings
from storage.commands.options import (
    ConfigOption,
    JsonOption,
    local_time,
    now_utc,
    print_json,
    print_table,
    rfc3339,
    say,
)
from storage.database import Session
from storage.opening import open_stores
from storage.queries.inspections import get_inspection
from storage.records import Inspection, Verdict
from storage.repositories.incidents import incident_by_id
from storage.repositories.labels import UnknownInspectionError
from storage.repositories.silences import active_silences, is_whole

SHOWN_ID = re.compile(r"(?:a-)?(\d{1,18})", re.IGNORECASE)
SEEN: dict[Images, str] = {
    "full": "the whole image, small, beside the heatmap",
    "crop": "crops of its regions",
    "heatmap": "the heatmap",
    "none": "no picture",
}
routes_app = typer.Typer(help="Who is told of what, when.", no_args_is_help=True)


class BadAnomalyIdError(AgentError):
    """What was given is no anomaly's id."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not an anomaly's id; ids look like A-12.")


class BadMomentError(AgentError):
    """What was given is no moment."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not a moment, as 2026-11-23T22:30 or 2026-11-23T21:30Z.")


@routes_app.command("list")
def show(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """List the rules in their order: the first that fits decides."""
    rules = load_settings(config).routes
    if as_json:
        for number, rule in enumerate(rules, 1):
            print_json({"rule": number} | rule.model_dump(mode="json"))
        return
    rows = [(number, rule.name or "-", _fits(rule), _does(rule)) for number, rule in enumerate(rules, 1)]
    print_table(
        ("rule", "name", "for", "what it does"), rows, empty="No rules: everything goes to its source's channel."
    )


@routes_app.command("test")
def try_out(
    anomaly: Annotated[str, typer.Argument(help="The anomaly, as A-12.")],
    config: ConfigOption = None,
    *,
    at: Annotated[str | None, typer.Option(help="As at another moment; without a zone, in the source's.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what would happen to an anomaly now, and why; nothing is sent."""
    settings = load_settings(config)
    with open_stores(settings).database.reading() as session:
        found = _found(session, anomaly)
        facts = facts_of(session, settings, found)
        now = _moment(at, facts.zone) if at else now_utc()
        before = _before_rules(session, settings, found, now=now)
    decision = decide(settings, facts, now=now)
    words = [_facts_words(found, facts, now), *before, *explain(settings.routes, facts, decision, now=now)]
    if found.verdict is not Verdict.ANOMALOUS:
        words.insert(0, f"{found.shown_id} was called normal, so nobody is told of it; were it an anomaly:")
    words.append(f"Slack may see of it: {SEEN[settings.images_of(found.source)]}.")
    if as_json:
        print_json(_as_json(settings, found, facts, decision, now) | {"also": before, "words": words})
        return
    for sentence in words:
        say(sentence)


def _found(session: Session, text: str) -> Inspection:
    match = SHOWN_ID.fullmatch(text.strip())
    if match is None:
        raise BadAnomalyIdError(text)
    found = get_inspection(session, int(match[1]))
    if found is None:
        raise UnknownInspectionError(int(match[1]))
    return found


def _moment(text: str, zone: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadMomentError(text) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def _before_rules(session: Session, settings: Settings, found: Inspection, *, now: datetime) -> list[str]:
    """Say what holds whatever the rules say: a silence, a message that is there, a source in commissioning."""
    zone = settings.zone_of(found.source)
    said = [
        f"Nothing would be sent: {one.source or 'every source'} is silenced until {local_time(one.until, zone)}."
        for one in active_silences(session, now=now)
        if one.source in {None, found.source} and is_whole(one)
    ]
    if found.incident_id is not None:
        incident = incident_by_id(session, found.incident_id)
        if incident.message_ts is not None:
            said.append(f"{incident.shown_id} has its message: only that message would change. If it had none:")
    return said


def _facts_words(found: Inspection, facts: Facts, now: datetime) -> str:
    known = [f"{key} {value}" for key, value in facts.attributes.items()]
    known += [f"class {facts.defect_class}"] if facts.defect_class else []
    about = ", ".join([f"source {facts.source}", f"severity {facts.severity:.3g}", *known])
    return f"{found.shown_id}: {about}; as at {local_time(now, facts.zone)} ({facts.zone})."


def _as_json(settings: Settings, found: Inspection, facts: Facts, decision: Decision, now: datetime) -> dict[str, Any]:
    wanted = decision.escalate
    passed = rules_passed_over(settings.routes, facts, decision, now=now)
    return {
        "anomaly": found.shown_id,
        "at": rfc3339(now),
        "source": facts.source,
        "severity": facts.severity,
        "class": facts.defect_class,
        "attributes": dict(facts.attributes),
        "rule": decision.rule,
        "rule_name": decision.name,
        "passed_over": [{"rule": number, "why": reason} for number, reason in passed],
        "channel": decision.channel,
        "mention": list(decision.mention),
        "held_until": rfc3339(decision.held.end) if decision.held else None,
        "breaks_quiet": decision.breaks_quiet,
        "images": settings.images_of(found.source),
        "escalates_at": rfc3339(escalates_at(decision, now=now)),
        "escalation": wanted.model_dump(mode="json") if wanted else None,
    }


def _fits(rule: RouteSettings) -> str:
    parts = [" or ".join(rule.source)] if rule.source else []
    parts += [f"severity from {rule.severity_from:g}"] if rule.severity_from is not None else []
    parts += [f"severity below {rule.severity_to:g}"] if rule.severity_to is not None else []
    parts += [f"class {' or '.join(rule.defect_class)}"] if rule.defect_class else []
    parts += [f"{key} {value}" for key, value in rule.attributes.items()]
    parts += [" ".join(rule.days)] if rule.days else []
    parts += [rule.hours] if rule.hours else []
    return ", ".join(parts) or "everything"


def _does(rule: RouteSettings) -> str:
    parts = [rule.channel or "the source's channel"]
    parts += [f"calls {called(rule.mention)}"] if rule.mention else []
    if rule.escalate:
        parts.append(f"escalates after {rule.escalate.after_minutes:g} min")
    if rule.quiet:
        parts.append(f"quiet {rule.quiet.hours}")
    return ", ".join(parts)
