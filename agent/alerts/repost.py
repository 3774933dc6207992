"""Posting a message anew that a person deleted: once, then it is left alone."""

import structlog

from agent.alerts.outgoing import Outgoing, incident_of
from agent.alerts.routing import route_of
from agent.notifiers.port import NotifyError
from storage.records import Delivery, DeliveryKind, NewDelivery
from storage.repositories.deliveries import add_delivery, mark_sent
from storage.repositories.sending import count_posts

logger = structlog.get_logger()
MOST_POSTS = 2


def post_again(out: Outgoing, delivery: Delivery) -> None:
    """Put a new post in the place of a delivery whose message is gone; raise NotifyError the second time."""
    incident_id, now = incident_of(delivery), out.clock()
    with out.database.transaction() as session:
        if count_posts(session, incident_id) >= MOST_POSTS:
            raise NotifyError(delivery.channel, "its message was deleted again and is left alone", permanent=True)
        if mark_sent(session, delivery, message_ts=None, now=now):
            route = {"route": found} if (found := route_of(session, incident_id)) else {}
            again = NewDelivery(DeliveryKind.POST, delivery.channel, now, incident_id=incident_id, payload=route)
            add_delivery(session, again, now=now)
    logger.info("deleted_message_posted_again", incident_id=incident_id)
