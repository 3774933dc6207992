"""Webhooks as a second channel: an incident's events go through the same outbox as its message."""

from datetime import datetime, timedelta

from agent.alerts.outgoing import Outgoing
from agent.alerts.view import LABELS_SHOWN, inspection
from agent.messages.webhook_body import webhook_body
from agent.notifiers.port import NotifyError
from agent.notifiers.webhook import channel_of, post_webhook
from config.routes import WebhookEvent
from config.settings import Settings
from storage.database import Session
from storage.records import CLOSED_STATES, Delivery, Incident
from storage.repositories.deliveries import mark_sent
from storage.repositories.incidents import incident_by_id
from storage.repositories.sending import last_labels
from storage.repositories.webhooks import add_webhook, has_event_since, renew_webhook, was_routed

OPENED: WebhookEvent = "incident.opened"
UPDATED: WebhookEvent = "incident.updated"
RESOLVED: WebhookEvent = "incident.resolved"
TRIED_FOR = timedelta(days=3)


def tell_opened(session: Session, settings: Settings, incident_id: int, *, now: datetime) -> None:
    """Tell webhooks of an incident that is to be posted, or kept for a summary; the second time it is an update."""
    if not settings.webhooks:
        return
    if was_routed(session, incident_id):
        tell_updated(session, settings, incident_id, now=now)
    else:
        _add(session, settings, incident_by_id(session, incident_id), OPENED, now=now)


def tell_updated(session: Session, settings: Settings, incident_id: int, *, now: datetime) -> None:
    """Tell webhooks of a change of an incident they may know: closed once, everything else is an update."""
    if not settings.webhooks or not was_routed(session, incident_id):
        return
    incident = incident_by_id(session, incident_id)
    is_closed = incident.state in CLOSED_STATES and incident.closed_at is not None
    is_new = is_closed and not has_event_since(
        session, RESOLVED, incident_id=incident_id, since=incident.closed_at or now
    )
    _add(session, settings, incident, RESOLVED if is_new else UPDATED, now=now)


def send_webhook(out: Outgoing, delivery: Delivery) -> None:
    """Post an event, signed; raise NotifyError, which is permanent after three days of trying."""
    webhook = next((one for one in out.settings.webhooks if channel_of(one) == delivery.channel), None)
    if webhook is None:
        raise NotifyError(delivery.channel, "the settings name no such webhook any more", permanent=True)
    now = out.clock()
    try:
        post_webhook(webhook, f"msg_{delivery.key}", delivery.payload["body"].encode(), now=now)
    except NotifyError as error:
        is_old = delivery.wanted_at is not None and now - delivery.wanted_at > TRIED_FOR
        error.permanent = error.permanent or is_old
        raise
    with out.database.transaction() as session:
        mark_sent(session, delivery, message_ts=None, now=out.clock())


def _add(session: Session, settings: Settings, incident: Incident, event: WebhookEvent, *, now: datetime) -> None:
    wanted = [channel_of(webhook) for webhook in settings.webhooks if event in webhook.events]
    if not wanted:
        return
    labels = last_labels(session, incident.id, limit=LABELS_SHOWN)
    worst = inspection(session, incident.cover_inspection_id or 0)
    body = webhook_body(event, incident, worst, labels, now=now)
    pause = timedelta(seconds=settings.alerts.edit_every_seconds if event == UPDATED else 0)
    for channel in wanted:
        if event == UPDATED and renew_webhook(session, channel, event, body, incident_id=incident.id):
            continue
        add_webhook(session, channel, event, body, incident_id=incident.id, due_at=now + pause, now=now)
