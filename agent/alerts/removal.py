"""Files of a forgotten image, taken out of their channels: one delivery each, tried until Slack has done it."""

from datetime import datetime

from agent.alerts.outgoing import Outgoing
from config.settings import Settings
from storage.database import Session
from storage.records import Delivery, DeliveryKind, Event, NewDelivery
from storage.repositories.deliveries import add_delivery, mark_sent


def route_forgotten(session: Session, _settings: Settings, event: Event, now: datetime) -> None:
    """Let each file be removed from the channel it was put into."""
    for channel, file in event.payload["files"]:
        removal = NewDelivery(DeliveryKind.REMOVAL, str(channel), now, event_id=event.id, payload={"file": str(file)})
        add_delivery(session, removal, now=now)


def send_removal(out: Outgoing, delivery: Delivery) -> None:
    """Remove one file; raise NotifyError."""
    out.notifier.remove(delivery.channel, str(delivery.payload["file"]))
    with out.database.transaction() as session:
        mark_sent(session, delivery, message_ts=None, now=out.clock())
