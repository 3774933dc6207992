"""Sending a new message: an incident's first one, or a notice."""

from functools import partial

import structlog

from agent.alerts.catch_up import CATCH_UP, is_too_early
from agent.alerts.edit import add_farewell
from agent.alerts.look_notices import add_look_picture
from agent.alerts.outgoing import NotYetError, Outgoing, incident_of, render_incident, render_notice, thread_of
from agent.alerts.picture import add_picture
from agent.alerts.report_file import add_report_files
from agent.alerts.routing import plan_escalation
from agent.alerts.search import search
from agent.alerts.sheet import add_sheet
from agent.messages.message import Message
from agent.notifiers.port import BadContentError, Place
from storage.records import CLOSED_STATES, Delivery
from storage.repositories.deliveries import mark_sent
from storage.repositories.folding import fold_sending
from storage.repositories.incidents import incident_by_id, set_message
from storage.repositories.sending import REPEATS, doubtful_since

logger = structlog.get_logger()
WAIT_FOR_POSTS_SECONDS = 3.0


def send_post(out: Outgoing, delivery: Delivery) -> None:
    """Post an incident's message and remember where it stands; raise NotifyError."""
    incident_id = incident_of(delivery)
    place = _found_before(out, delivery)
    if place is None and _is_over(out, delivery):
        return
    place = place or _post(out, delivery, render_incident(out, delivery, has_picture=False))
    with out.database.transaction() as session:
        now = out.clock()
        if mark_sent(session, delivery, message_ts=place.ts, now=now):
            set_message(session, incident_id, channel=place.channel, message_ts=place.ts)
            if REPEATS in delivery.payload:
                add_farewell(session, delivery, now=now)
            incident = incident_by_id(session, incident_id)
            add_picture(session, out.settings, incident, delivery.channel, now=now)
            plan_escalation(session, delivery, now=now)


def send_notice(out: Outgoing, delivery: Delivery) -> None:
    """Post a notice, and let it get its pictures or files; raise NotifyError, NotYetError for a catch-up too early."""
    with out.database.reading() as session:
        if is_too_early(session, delivery, now=out.clock()):
            raise NotYetError(delivery.channel, "posts go out before it", seconds=WAIT_FOR_POSTS_SECONDS)
    thread = thread_of(delivery)
    place = _found_before(out, delivery, thread) or _post(out, delivery, render_notice(out, delivery), thread)
    with out.database.transaction() as session:
        now = out.clock()
        if mark_sent(session, delivery, message_ts=place.ts, now=now):
            add_sheet(session, out.settings, delivery, thread or place, now=now)
            add_report_files(session, delivery, place, now=now)
            add_look_picture(session, out.settings, delivery, thread or place, now=now)


def _is_over(out: Outgoing, delivery: Delivery) -> bool:
    """Fold a post that was looked for in vain and whose incident is closed: only its catch-up tells of it now."""
    if doubtful_since(delivery) is None:
        return False
    with out.database.transaction() as session:
        is_closed = incident_by_id(session, incident_of(delivery)).state in CLOSED_STATES
        if is_closed:
            fold_sending(session, delivery, CATCH_UP, now=out.clock())
    return is_closed


def _found_before(out: Outgoing, delivery: Delivery, thread: Place | None = None) -> Place | None:
    since = doubtful_since(delivery)
    if since is None:
        return None
    find = partial(out.notifier.find, delivery.channel, delivery.key, since=since, under=thread)
    found = search(delivery.channel, find)
    return found.place if found else None


def _post(out: Outgoing, delivery: Delivery, message: Message, thread: Place | None = None) -> Place:
    try:
        return out.notifier.post(delivery.channel, message, key=delivery.key, under=thread)
    except BadContentError as error:
        logger.warning("alert_sent_as_plain_text", delivery_id=delivery.id, reason=error.reason)
        return out.notifier.post(delivery.channel, message.as_plain_text(), key=delivery.key, under=thread)
