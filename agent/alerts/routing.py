"""What the rules of the settings mean for an incident: where it is posted, when, and when it is escalated."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from agent.alerts.catch_up import QUIET
from agent.alerts.view import inspection
from agent.routes.decide import Decision, decide, escalation_due, is_worse
from agent.routes.hours import span_at
from agent.routes.match import Facts
from config.settings import Settings
from storage.database import Session
from storage.records import Delivery, DeliveryKind, Incident, Inspection, NewDelivery
from storage.repositories.deliveries import add_delivery
from storage.repositories.folding import add_folded, gather, note_in
from storage.repositories.incidents import incident_by_id
from storage.repositories.labels import last_label
from storage.repositories.sending import has_escalation, last_labels, last_post, note_route

LABELS_READ = 20


def post_by_rule(
    session: Session, settings: Settings, incident: Incident, inspection_id: int, *, now: datetime
) -> Decision:
    """Let an incident be posted as the first rule says that fits its anomaly, or keep it for a summary."""
    decision = decide(settings, facts_of(session, settings, inspection(session, inspection_id)), now=now)
    if decision.held is not None:
        notice = gather(session, decision.channel, QUIET, wanted_at=decision.held.end, now=now)
        note_in(session, notice, since=decision.held.start.isoformat(), until=decision.held.end.isoformat())
        add_folded(session, incident.id, notice, now=now)
        return decision
    payload = decision.as_payload if settings.routes else {}
    post = NewDelivery(DeliveryKind.POST, decision.channel, now, incident_id=incident.id, payload=payload)
    add_delivery(session, post, now=now)
    return decision


def call_if_worse(
    session: Session, settings: Settings, incident: Incident, inspection_id: int, *, now: datetime
) -> bool:
    """Tell whom a rule names for a severity that an incident reaches only now: once, beside its message."""
    post = last_post(session, incident.id)
    if not settings.routes or post is None:
        return False
    decision = decide(settings, facts_of(session, settings, inspection(session, inspection_id)), now=now)
    if not is_worse(decision, post.payload.get("route", {})):
        return False
    is_reply = decision.channel == post.channel
    if decision.mention or not is_reply:
        said = {"mention": list(decision.mention), "is_reply": is_reply, "posted_at": now.isoformat(), "is_worse": True}
        call = NewDelivery(DeliveryKind.ESCALATION, decision.channel, now, incident_id=incident.id, payload=said)
        add_delivery(session, call, now=now)
    note_route(session, post, decision.as_payload)
    plan_escalation(session, replace(post, payload=decision.as_payload), now=now)
    return True


def facts_of(session: Session, settings: Settings, anomaly: Inspection) -> Facts:
    """Return what the rules look at: the anomaly's own figures, and the class people gave it or its incident."""
    return Facts(
        source=anomaly.source,
        severity=anomaly.score / anomaly.threshold if anomaly.threshold else anomaly.score,
        zone=settings.zone_of(anomaly.source),
        defect_class=anomaly.defect_class or _class_of_incident(session, anomaly),
        attributes=anomaly.attributes,
    )


def route_of(session: Session, incident_id: int) -> dict[str, Any]:
    """Return what an incident's message remembers of the rule it was posted by; nothing where there was none."""
    post = last_post(session, incident_id)
    return dict(post.payload.get("route", {})) if post else {}


def is_quiet(route: dict[str, Any], *, now: datetime) -> bool:
    """Say whether quiet hours keep an incident posted so from being posted anew now."""
    quiet = route.get("quiet")
    return quiet is not None and span_at(quiet["hours"], quiet["zone"], now) is not None


def channel_of_incident(session: Session, settings: Settings, incident: Incident) -> str:
    """Return the channel an incident's message is in, or is to be in."""
    post = last_post(session, incident.id)
    return post.channel if post else settings.channel_of(incident.source)


def plan_escalation(session: Session, post: Delivery, *, now: datetime) -> None:
    """Plan the one escalation of an incident that was just posted, where its rule has one."""
    route = post.payload.get("route", {})
    due_at = escalation_due(route, posted_at=now)
    if due_at is None or post.incident_id is None or has_escalation(session, post.incident_id):
        return
    wanted = route["escalate"]
    payload = {"mention": wanted["mention"], "is_reply": wanted["channel"] is None, "posted_at": now.isoformat()}
    channel = wanted["channel"] or post.channel
    escalation = NewDelivery(DeliveryKind.ESCALATION, channel, due_at, incident_id=post.incident_id, payload=payload)
    add_delivery(session, escalation, now=now)


def _class_of_incident(session: Session, anomaly: Inspection) -> str | None:
    """Return the class of a labelled anomaly of the same incident, else of the defect the incident looks like."""
    if anomaly.incident_id is None:
        return None
    labels, before = last_labels(session, anomaly.incident_id, limit=LABELS_READ), None
    seen_before = incident_by_id(session, anomaly.incident_id).seen_before
    if seen_before is not None:
        before = last_label(session, seen_before)
    known = [*labels, before] if before is not None else labels
    return next((label.defect_class for label in known if label.defect_class), None)
