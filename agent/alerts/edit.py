"""Changing an incident's message to its present state; a deleted one is posted once more."""

import structlog

from agent.alerts.outgoing import Outgoing, incident_of, place_of, render_incident
from agent.alerts.picture import add_picture
from agent.alerts.repost import post_again
from agent.notifiers.port import BadContentError, MessageGoneError, Place
from storage.records import Delivery
from storage.repositories.deliveries import mark_sent
from storage.repositories.incidents import incident_by_id

logger = structlog.get_logger()


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
