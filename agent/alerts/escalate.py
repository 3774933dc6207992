"""Telling somebody else, once, of an incident nobody has acted on."""

from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from agent.alerts.outgoing import Outgoing, incident_of
from agent.alerts.search import search
from agent.alerts.view import incident_view
from agent.messages.escalation import escalation_message
from agent.messages.message import Message
from agent.notifiers.port import MessageGoneError, Place
from storage.database import Session
from storage.records import Delivery, Incident, IncidentState
from storage.repositories.deliveries import mark_dropped, mark_sent
from storage.repositories.incidents import incident_by_id
from storage.repositories.sending import doubtful_since, last_labels
from storage.repositories.silences import is_silenced

logger = structlog.get_logger()


def send_escalation(out: Outgoing, delivery: Delivery) -> None:
    """Escalate an incident unless somebody has acted on it; raise NotifyError."""
    incident_id = incident_of(delivery)
    with out.database.transaction() as session:
        incident = incident_by_id(session, incident_id)
        why = _why_not(session, incident, is_worse=_is_worse(delivery), now=out.clock())
        if why is not None:
            mark_dropped(session, delivery, reason=why)
    if why is not None:
        logger.info("escalation_cancelled", incident_id=incident_id, reason=why)
        return
    place = _found_before(out, delivery, incident) or _post(out, delivery, incident)
    with out.database.transaction() as session:
        mark_sent(session, delivery, message_ts=place.ts, now=out.clock())


def _is_worse(delivery: Delivery) -> bool:
    return bool(delivery.payload.get("is_worse"))


def _why_not(session: Session, incident: Incident, *, is_worse: bool, now: datetime) -> str | None:
    """Return what makes an escalation needless; what became worse is told though somebody took it up before."""
    if incident.state is not IncidentState.OPEN and not (is_worse and incident.state is IncidentState.ACKNOWLEDGED):
        return f"the incident is {incident.state}"
    if not is_worse and last_labels(session, incident.id, limit=1):
        return "it is labelled"
    return "it is silenced" if is_silenced(session, source_id=incident.source_id, now=now) else None


def _found_before(out: Outgoing, delivery: Delivery, incident: Incident) -> Place | None:
    since = doubtful_since(delivery)
    if since is None:
        return None
    for under in dict.fromkeys((_thread(delivery, incident), None)):
        find = partial(out.notifier.find, delivery.channel, delivery.key, since=since, under=under)
        found = search(delivery.channel, find)
        if found is not None:
            return found.place
    return None


def _post(out: Outgoing, delivery: Delivery, incident: Incident) -> Place:
    under, message = _thread(delivery, incident), _render(out, delivery, incident)
    try:
        return out.notifier.post(delivery.channel, message, key=delivery.key, under=under)
    except MessageGoneError:
        return out.notifier.post(delivery.channel, message, key=delivery.key)


def _render(out: Outgoing, delivery: Delivery, incident: Incident) -> Message:
    with out.database.reading() as session:
        view = incident_view(session, out.settings, incident.id, now=out.clock())
    posted_at = datetime.fromisoformat(delivery.payload["posted_at"])
    mention, is_reply = delivery.payload.get("mention", ()), delivery.payload.get("is_reply", False)
    since = None if _is_worse(delivery) else posted_at
    return escalation_message(replace(view, picture=None), mention, waits_since=since, is_reply=is_reply)


def _thread(delivery: Delivery, incident: Incident) -> Place | None:
    if not delivery.payload.get("is_reply") or incident.channel is None or incident.message_ts is None:
        return None
    return Place(incident.channel, incident.message_ts)
