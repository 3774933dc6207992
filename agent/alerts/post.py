"""Sending a new message: an incident's first one, or a notice."""

import structlog

from agent.alerts.outgoing import Outgoing, incident_of, render_incident, render_notice
from agent.alerts.picture import add_picture
from agent.alerts.report_file import add_report_files
from agent.alerts.search import search
from agent.alerts.sheet import add_sheet
from agent.messages.message import Message
from agent.notifiers.port import BadContentError, Place
from storage.records import Delivery
from storage.repositories.deliveries import mark_sent
from storage.repositories.incidents import incident_by_id, set_message
from storage.repositories.sending import doubtful_since

logger = structlog.get_logger()


def send_post(out: Outgoing, delivery: Delivery) -> None:
    """Post an incident's message and remember where it stands; raise NotifyError."""
    incident_id = incident_of(delivery)
    place = _found_before(out, delivery) or _post(out, delivery, render_incident(out, delivery, has_picture=False))
    with out.database.transaction() as session:
        now = out.clock()
        if mark_sent(session, delivery, message_ts=place.ts, now=now):
            set_message(session, incident_id, channel=place.channel, message_ts=place.ts)
            add_picture(session, incident_by_id(session, incident_id), delivery.channel, now=now)


def send_notice(out: Outgoing, delivery: Delivery) -> None:
    """Post a notice, and let a digest get its pictures, a report its files; raise NotifyError."""
    place = _found_before(out, delivery) or _post(out, delivery, render_notice(out, delivery))
    with out.database.transaction() as session:
        now = out.clock()
        if mark_sent(session, delivery, message_ts=place.ts, now=now):
            add_sheet(session, delivery, place, now=now)
            add_report_files(session, delivery, place, now=now)


def _found_before(out: Outgoing, delivery: Delivery) -> Place | None:
    since = doubtful_since(delivery)
    if since is None:
        return None
    found = search(delivery.channel, lambda: out.notifier.find(delivery.channel, delivery.key, since=since))
    return found.place if found else None


def _post(out: Outgoing, delivery: Delivery, message: Message) -> Place:
    try:
        return out.notifier.post(delivery.channel, message, key=delivery.key)
    except BadContentError as error:
        logger.warning("alert_sent_as_plain_text", delivery_id=delivery.id, reason=error.reason)
        return out.notifier.post(delivery.channel, message.as_plain_text(), key=delivery.key)
