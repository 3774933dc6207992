"""From events to what has to be sent, in one transaction: nothing is told twice, nothing is lost between."""

from datetime import datetime, timedelta

import structlog

from agent.alerts.routing import call_if_worse, channel_of_incident, post_by_rule
from agent.alerts.webhooks import tell_opened, tell_updated
from agent.routes.decide import channel_of_notice
from config.settings import Settings
from storage.database import Database, Session
from storage.records import DeliveryKind, Event, EventKind, Incident, NewDelivery
from storage.repositories.alarms import EVENTS, FAILED, raise_alarm
from storage.repositories.deliveries import add_delivery
from storage.repositories.events import claim_events, put_back_event
from storage.repositories.incidents import incident_by_id, join_incident, resolve_quiet_incidents
from storage.repositories.sending import has_open_post, last_told_at
from storage.repositories.silences import is_silenced
from storage.repositories.sources import source_by_id

logger = structlog.get_logger()
EVENTS_AT_ONCE = 100
MOST_FAILURES = 10


def route_events(database: Database, settings: Settings, *, now: datetime) -> int:
    """Turn waiting events into incidents and deliveries and return how many events were taken."""
    with database.transaction() as session:
        events = claim_events(session, limit=EVENTS_AT_ONCE, now=now)
        for event in events:
            try:
                with session.begin_nested():
                    ROUTES[event.kind](session, settings, event, now)
            except Exception:  # the edge of one event: it must not hold up the others
                logger.exception("event_not_routed", event_id=event.id, kind=event.kind)
                if not put_back_event(session, event, most_failures=MOST_FAILURES):
                    logger.error("alert_not_delivered", event_id=event.id, kind=event.kind, reason="cannot be routed")  # noqa: TRY400 - logged in full above
                    raise_alarm(session, FAILED, EVENTS, f"an event of kind {event.kind} cannot be routed", now=now)
    return len(events)


def resolve_quiet(database: Database, settings: Settings, *, now: datetime) -> int:
    """Resolve incidents nothing joined for a while, let their messages say so, and return how many."""
    with database.transaction() as session:
        quiet = timedelta(minutes=settings.alerts.resolve_minutes)
        resolved = resolve_quiet_incidents(session, quiet=quiet, now=now)
        for incident_id in resolved:
            tell_change(session, settings, incident_id, now=now)
    return len(resolved)


def tell_change(session: Session, settings: Settings, incident_id: int, *, now: datetime) -> bool:
    """Let an incident's message show its present state and return whether it has, or gets, a message."""
    incident = incident_by_id(session, incident_id)
    tell_updated(session, settings, incident_id, now=now)
    is_told = incident.message_ts is not None or has_open_post(session, incident_id)
    if is_told:
        _add(session, settings, DeliveryKind.EDIT, incident, due_at=now, now=now)
    return is_told


def _route_anomaly(session: Session, settings: Settings, event: Event, now: datetime) -> None:
    if event.inspection_id is None:
        logger.error("anomaly_without_inspection", event_id=event.id)
        return
    join = timedelta(minutes=settings.alerts.join_minutes)
    incident = join_incident(session, event.inspection_id, join=join, now=now).incident
    if not event.payload.get("pages", True) or is_silenced(session, source_id=event.source_id, now=now):
        return
    if incident.message_ts is None and not has_open_post(session, incident.id):
        tell_opened(session, settings, incident.id, now=now)
        post_by_rule(session, settings, incident, event.inspection_id, now=now)
    else:
        tell_updated(session, settings, incident.id, now=now)
        call_if_worse(session, settings, incident, event.inspection_id, now=now)
        _add(
            session, settings, DeliveryKind.EDIT, incident, due_at=_edit_due(session, settings, incident, now), now=now
        )


def _route_notice(session: Session, settings: Settings, event: Event, now: datetime) -> None:
    channel = channel_of_notice(settings, source_by_id(session, event.source_id).name, now=now)
    payload = {"notice": event.kind, "source_id": event.source_id} | event.payload
    notice = NewDelivery(DeliveryKind.NOTICE, channel, now, event_id=event.id, payload=payload)
    add_delivery(session, notice, now=now)


def _edit_due(session: Session, settings: Settings, incident: Incident, now: datetime) -> datetime:
    told_at = last_told_at(session, incident.id) or now
    return max(now, told_at + timedelta(seconds=settings.alerts.edit_every_seconds))


def _add(
    session: Session,
    settings: Settings,
    kind: DeliveryKind,
    incident: Incident,
    *,
    due_at: datetime,
    now: datetime,
) -> None:
    channel = channel_of_incident(session, settings, incident)
    add_delivery(session, NewDelivery(kind, channel, due_at, incident_id=incident.id), now=now)


ROUTES = {
    EventKind.ANOMALY: _route_anomaly,
    EventKind.DIGEST: _route_notice,
    EventKind.DRIFT: _route_notice,
    EventKind.JOB_DONE: _route_notice,
}
