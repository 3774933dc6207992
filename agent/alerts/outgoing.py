"""What every way of sending a delivery needs, and where an incident's message stands."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from agent.alerts.notices import render
from agent.alerts.routing import route_of
from agent.alerts.view import incident_view
from agent.errors import AgentError
from agent.messages.incident_message import incident_message
from agent.messages.mentions import with_mention
from agent.messages.message import Message
from agent.notifiers.port import Notifier, NotifyError, Place
from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.records import Delivery
from storage.repositories.incidents import incident_by_id
from storage.repositories.sending import has_open_post

WAIT_FOR_POST_SECONDS = 2.0


class NotYetError(NotifyError):
    """What a delivery needs is not there yet; the try does not count."""

    def __init__(self, channel: str, reason: str, *, seconds: float) -> None:
        super().__init__(channel, reason)
        self.seconds = seconds


class DeliveryWithoutIncidentError(AgentError):
    """A delivery of this kind has to name an incident."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(f"Delivery {delivery.id} ({delivery.kind}) names no incident.")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The stores, the notifier, the settings and the clock of whoever sends."""

    database: Database
    blobs: BlobStore
    notifier: Notifier
    settings: Settings
    clock: Callable[[], datetime]


def incident_of(delivery: Delivery) -> int:
    """Return the incident a delivery tells of; raise DeliveryWithoutIncidentError."""
    if delivery.incident_id is None:
        raise DeliveryWithoutIncidentError(delivery)
    return delivery.incident_id


def place_of(out: Outgoing, delivery: Delivery) -> Place:
    """Return where an incident's message stands; raise NotYetError while it is still to come, else NotifyError."""
    incident_id = incident_of(delivery)
    with out.database.reading() as session:
        incident, is_coming = incident_by_id(session, incident_id), has_open_post(session, incident_id)
    if is_coming:
        raise NotYetError(delivery.channel, "its message is still to be posted", seconds=WAIT_FOR_POST_SECONDS)
    if incident.channel is None or incident.message_ts is None:
        raise NotifyError(delivery.channel, "its message was never posted", permanent=True)
    return Place(incident.channel, incident.message_ts)


def thread_of(delivery: Delivery) -> Place | None:
    """Return the thread a notice belongs into, None where it stands by itself."""
    thread = delivery.payload.get("thread")
    return Place(str(thread[0]), str(thread[1])) if thread else None


def render_incident(out: Outgoing, delivery: Delivery, *, has_picture: bool = True) -> Message:
    """Return an incident's message as the database has it now."""
    with out.database.reading() as session:
        view = incident_view(session, out.settings, incident_of(delivery), now=out.clock())
        mention = route_of(session, incident_of(delivery)).get("mention", ())
    if not has_picture:
        view = replace(view, picture=None)
    return with_mention(incident_message(view, revision=f"{delivery.key[:12]}-{delivery.attempts}"), mention)


def render_notice(out: Outgoing, delivery: Delivery) -> Message:
    """Return what a notice says."""
    with out.database.reading() as session:
        return render(session, out.settings, delivery, now=out.clock())
