"""A message that answers in a thread through the outbox: posted once, whatever dies meanwhile."""

from datetime import datetime

from agent.messages.message import Message
from config.settings import Settings
from storage.database import Session
from storage.records import Delivery, DeliveryKind, NewDelivery
from storage.repositories.deliveries import add_delivery

SAID = "said"


def say_in_thread(session: Session, thread: tuple[str, str], message: Message, *, now: datetime) -> None:
    """Let a message be posted in a thread: its channel and the stamp of its first message."""
    payload = {"notice": SAID, "text": message.text, "blocks": list(message.blocks), "thread": list(thread)}
    add_delivery(session, NewDelivery(DeliveryKind.NOTICE, thread[0], now, payload=payload), now=now)


def render_said(_session: Session, _settings: Settings, delivery: Delivery, _now: datetime) -> Message:
    """Return the message as it was written."""
    return Message(str(delivery.payload["text"]), tuple(delivery.payload["blocks"]))
