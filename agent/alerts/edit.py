"""Changing an incident's message to its present state; a deleted one is posted once more."""

from contextlib import suppress
from datetime import datetime

import structlog

from agent.alerts.outgoing import Outgoing, incident_of, place_of, render_incident
from agent.alerts.picture import add_picture
from agent.alerts.repost import post_again
from agent.messages.incident_message import farewell_message
from agent.notifiers.port import BadContentError, MessageGoneError, Place
from storage.database import Session
from storage.records import Delivery, DeliveryKind, NewDelivery
from storage.repositories.deliveries import add_delivery, mark_sent
from storage.repositories.incidents import incident_by_id
from storage.repositories.sending import REPEATS

logger = structlog.get_logger()
FAREWELL = "farewell"


def send_edit(out: Outgoing, delivery: Delivery) -> None:
    """Change an incident's message, or post it again where a person deleted it; raise NotifyError."""
    place = place_of(out, delivery)
    try:
        _change(out, place, delivery)
    except MessageGoneError:
        post_again(out, delivery)
        return
    with out.database.transaction() as session:
        now = out.clock()
        if mark_sent(session, delivery, message_ts=place.ts, now=now):
            incident = incident_by_id(session, incident_of(delivery))
            add_picture(session, out.settings, incident, delivery.channel, now=now)


def add_farewell(session: Session, post: Delivery, *, now: datetime) -> None:
    """Let the message an incident was told in before say where it goes on."""
    payload = {FAREWELL: post.payload[REPEATS]}
    farewell = NewDelivery(DeliveryKind.FAREWELL, post.channel, now, incident_id=post.incident_id, payload=payload)
    add_delivery(session, farewell, now=now)


def send_farewell(out: Outgoing, delivery: Delivery) -> None:
    """Take the buttons off the message an incident was told in before; raise NotifyError."""
    channel, ts = delivery.payload[FAREWELL]
    place = Place(str(channel), str(ts))
    with out.database.reading() as session:
        incident = incident_by_id(session, incident_of(delivery))
    with suppress(MessageGoneError):
        out.notifier.edit(place, farewell_message(incident))
    with out.database.transaction() as session:
        mark_sent(session, delivery, message_ts=place.ts, now=out.clock())


def _change(out: Outgoing, place: Place, delivery: Delivery) -> None:
    message = render_incident(out, delivery)
    bare = render_incident(out, delivery, has_picture=False)
    for content in (message, bare):
        try:
            out.notifier.edit(place, content)
        except BadContentError as error:
            logger.warning("alert_content_refused", delivery_id=delivery.id, reason=error.reason)
        else:
            return
    out.notifier.edit(place, bare.as_plain_text())
