"""From events to what has to be sent, in one transaction: nothing is told twice, nothing is lost between."""

from datetime import datetime, timedelta

import structlog

from agent.alerts.job_notices import route_job
from agent.alerts.likeness import ByLikeness
from agent.alerts.outage import route_outage
from agent.alerts.recalling import recall_for, silence_over
from agent.alerts.removal import route_forgotten
from agent.alerts.routing import call_if_worse, channel_of_incident, is_quiet, post_by_rule, route_of
from agent.alerts.webhooks import tell_opened, tell_updated
from agent.routes.decide import channel_of_notice
from config.logs import traced
from config.settings import Settings
from storage.database import Database, Session
from storage.failpoints import reach
from storage.queries.inspections import get_inspection
from storage.queries.likeness import likeness_by_id
from storage.queries.traces import trace_of_event
from storage.records import DeliveryKind, Event, EventKind, Incident, Inspection, NewDelivery, Remembered
from storage.repositories.alarms import EVENTS, FAILED, raise_alarm
from storage.repositories.deliveries import add_delivery
from storage.repositories.events import claim_events, put_back_event
from storage.repositories.incidents import (
    Joining,
    incident_by_id,
    join_incident,
    resolve_quiet_incidents,
    untaken_incidents,
)
from storage.repositories.memory import hold_back
from storage.repositories.recent_frames import is_judged
from storage.repositories.sending import REPEATS, has_open_post, last_told_at
from storage.repositories.silences import count_hit, is_silenced
from storage.repositories.sources import source_by_id

logger = structlog.get_logger()
EVENTS_AT_ONCE = 10
ROUNDS = 10
MOST_FAILURES = 10
STORM_WINDOW = timedelta(hours=1)


def route_events(database: Database, settings: Settings, *, now: datetime) -> int:
    """Turn waiting events into incidents and deliveries and return how many events were routed."""
    routed = 0
    for _ in range(ROUNDS):
        newly = _route_some(database, settings, now)
        routed += newly
        if newly < EVENTS_AT_ONCE:  # none are left, or one was put back: its next try is for a later time
            break
    return routed


def _route_some(database: Database, settings: Settings, now: datetime) -> int:
    """Route a few events in one transaction: others wait for the database meanwhile, so it must be over soon."""
    with database.transaction() as session:
        routed = 0
        for event in claim_events(session, limit=EVENTS_AT_ONCE, now=now):
            try:
                with traced(trace_of_event(session, event)), session.begin_nested():
                    ROUTES[event.kind](session, settings, event, now)
                    logger.info("event_routed", event_id=event.id, kind=event.kind)
                routed += 1
                reach("event.routed")
            except Exception:  # the edge of one event: it must not hold up the others
                logger.exception("event_not_routed", event_id=event.id, kind=event.kind)
                if not put_back_event(session, event, most_failures=MOST_FAILURES):
                    logger.error("alert_not_delivered", event_id=event.id, kind=event.kind, reason="cannot be routed")  # noqa: TRY400 - logged in full above
                    raise_alarm(session, FAILED, EVENTS, f"an event of kind {event.kind} cannot be routed", now=now)
    return routed


def resolve_quiet(database: Database, settings: Settings, *, now: datetime) -> int:
    """Resolve incidents nothing joined for a while, let their messages say so, and return how many."""
    with database.transaction() as session:
        quiet = timedelta(minutes=settings.alerts.resolve_minutes)
        resolved = resolve_quiet_incidents(session, quiet=quiet, now=now)
        for incident_id in resolved:
            tell_change(session, settings, incident_id, now=now)
    return len(resolved)


def tell_change(
    session: Session, settings: Settings, incident_id: int, *, now: datetime, is_urgent: bool = True
) -> bool:
    """Let an incident's message show its present state and return whether it has, or gets, a message."""
    incident = incident_by_id(session, incident_id)
    tell_updated(session, settings, incident_id, now=now)
    is_told = incident.message_ts is not None or has_open_post(session, incident_id)
    if is_told:
        due_at = now if is_urgent else _edit_due(session, settings, incident, now)
        _add(session, settings, DeliveryKind.EDIT, incident, due_at=due_at, now=now)
    return is_told


def repeat_untaken(database: Database, settings: Settings, *, now: datetime) -> int:
    """Post incidents anew that go on and that nobody took up for long, and return how many."""
    told = 0
    with database.transaction() as session:
        untaken = untaken_incidents(session, told_before=now - timedelta(minutes=settings.alerts.repeat_minutes))
        for incident in untaken:
            route = route_of(session, incident.id)
            if is_silenced(session, source_id=incident.source_id, now=now) or is_quiet(route, now=now):
                continue
            payload = {REPEATS: [incident.channel, incident.message_ts]} | ({"route": route} if route else {})
            channel = channel_of_incident(session, settings, incident)
            again = NewDelivery(DeliveryKind.POST, channel, now, incident_id=incident.id, payload=payload)
            add_delivery(session, again, now=now)
            told += 1
    return told


def _route_anomaly(session: Session, settings: Settings, event: Event, now: datetime) -> None:
    inspection = get_inspection(session, event.inspection_id or 0)
    found = likeness_by_id(session, event.inspection_id or 0)
    if inspection is None or found is None:
        logger.error("anomaly_without_inspection", event_id=event.id)
        return
    if not is_judged(session, inspection.id):  # the frames after it showed that the camera is at fault
        return
    recalled = recall_for(session, settings, event.source_id, found, now=now)
    if recalled.false_alarm is not None:
        _hold_back(session, settings, inspection, recalled.false_alarm, now)
        return
    incident = join_incident(
        session,
        inspection.id,
        _joining(settings),
        grouping=ByLikeness(settings.alerts.alike),
        seen_before=recalled.defect.likeness.inspection_id if recalled.defect else None,
        now=now,
    ).incident
    if not event.payload.get("pages", True):
        return
    silence = silence_over(session, settings, inspection, found, recalled, now=now)
    if silence is not None:
        count_hit(session, silence.id)
        return
    _tell(session, settings, incident, inspection.id, now)


def _tell(session: Session, settings: Settings, incident: Incident, inspection_id: int, now: datetime) -> None:
    if incident.message_ts is None and not has_open_post(session, incident.id):
        tell_opened(session, settings, incident.id, now=now)
        post_by_rule(session, settings, incident, inspection_id, now=now)
        return
    tell_updated(session, settings, incident.id, now=now)
    call_if_worse(session, settings, incident, inspection_id, now=now)
    due_at = _edit_due(session, settings, incident, now)
    _add(session, settings, DeliveryKind.EDIT, incident, due_at=due_at, now=now)


def _hold_back(
    session: Session, settings: Settings, inspection: Inspection, false_alarm: Remembered, now: datetime
) -> None:
    """Tell nobody of an anomaly like a false alarm, but count it where that one is shown."""
    hold_back(session, inspection.id, like=false_alarm.likeness.inspection_id)
    logger.info("held_back", anomaly=inspection.shown_id, like=false_alarm.shown_id)
    known = get_inspection(session, false_alarm.likeness.inspection_id)
    if known is not None and known.incident_id is not None:
        tell_change(session, settings, known.incident_id, now=now, is_urgent=False)


def _joining(settings: Settings) -> Joining:
    alerts = settings.alerts
    return Joining(
        join=timedelta(minutes=alerts.join_minutes),
        flap=timedelta(minutes=alerts.resolve_minutes),
        storm_incidents=alerts.storm_incidents,
        storm_window=STORM_WINDOW,
    )


def _route_notice(session: Session, settings: Settings, event: Event, now: datetime) -> None:
    channel = channel_of_notice(settings, source_by_id(session, event.source_id).name, now=now)
    payload = {"notice": event.kind, "source_id": event.source_id} | event.payload
    notice = NewDelivery(DeliveryKind.NOTICE, channel, now, event_id=event.id, payload=payload)
    add_delivery(session, notice, now=now)


def _edit_due(session: Session, settings: Settings, incident: Incident, now: datetime) -> datetime:
    told_at = last_told_at(session, incident.id) or now  # in the future, where the clock was set back since
    return max(now, min(told_at, now) + timedelta(seconds=settings.alerts.edit_every_seconds))


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


def _route_change(session: Session, settings: Settings, event: Event, now: datetime) -> None:
    """Let the message of an incident show what was done about it on a terminal."""
    tell_change(session, settings, int(event.payload["incident_id"]), now=now)


ROUTES = {
    EventKind.ANOMALY: _route_anomaly,
    EventKind.CHANGED: _route_change,
    EventKind.DIGEST: _route_notice,
    EventKind.DRIFT: _route_notice,
    EventKind.FORGOTTEN: route_forgotten,
    EventKind.OUTAGE: route_outage,
    EventKind.JOB_DONE: route_job,
}
