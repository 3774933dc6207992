"""A source that is not judged has one message: posted when that begins, edited as it goes on and when it ends."""

from datetime import datetime, timedelta

import structlog

from agent.alerts.outgoing import Outgoing
from agent.alerts.search import search
from agent.errors import AgentError
from agent.messages.message import Message
from agent.messages.outage_message import outage_message
from agent.notifiers.port import BadContentError, MessageGoneError, NotifyError, Place
from agent.routes.decide import channel_of_notice
from config.settings import Settings
from storage.database import Database, Session
from storage.records import Delivery, DeliveryKind, Event, NewDelivery, Outage
from storage.repositories.deliveries import add_delivery, mark_sent
from storage.repositories.outages import (
    count_outage_posts,
    is_outage_settled,
    outage_by_id,
    outage_told_at,
    set_outage_message,
    set_told_frames,
    told_outages_going_on,
)
from storage.repositories.sending import doubtful_since
from storage.repositories.silences import is_silenced
from storage.repositories.views import view_job

logger = structlog.get_logger()
OUTAGES_AT_ONCE = 100
MOST_POSTS = 2


class DeliveryWithoutOutageError(AgentError):
    """A delivery of this kind has to name an outage."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(f"Delivery {delivery.id} ({delivery.kind}) names no outage.")


def route_outage(session: Session, settings: Settings, event: Event, now: datetime) -> None:
    """Let an outage's message show that it began or ended; a silenced one that was never told stays untold."""
    outage = outage_by_id(session, int(event.payload["outage_id"]))
    if outage.message_ts is not None or not _is_silenced(session, outage, now):
        _tell(session, settings, outage, now)


def tell_outages(database: Database, settings: Settings, *, now: datetime) -> int:
    """Let the messages of outages that go on show how far they have come; return how many deliveries were added."""
    with database.transaction() as session:
        due = [
            one for one in told_outages_going_on(session, limit=OUTAGES_AT_ONCE) if _is_due(session, settings, one, now)
        ]
        for outage in due:
            _tell(session, settings, outage, now)
    return len(due)


def send_outage(out: Outgoing, delivery: Delivery) -> None:
    """Post or change an outage's message as the database has it now; raise NotifyError."""
    if delivery.outage_id is None:
        raise DeliveryWithoutOutageError(delivery)
    with out.database.reading() as session:
        outage, posts = outage_by_id(session, delivery.outage_id), count_outage_posts(session, delivery.outage_id)
        revision = f"{delivery.key[:12]}-{delivery.attempts}"
        content = render_outage(session, out.settings, outage.id, now=out.clock(), revision=revision)
    if outage.channel is not None and outage.message_ts is not None:
        place = Place(outage.channel, outage.message_ts)
        if _edited(out, place, content, delivery):
            _settle(out, delivery, outage, place, is_new=False)
            return
        if posts >= MOST_POSTS:
            raise NotifyError(delivery.channel, "its message was deleted again and is left alone", permanent=True)
    _settle(out, delivery, outage, _found_before(out, delivery) or _post(out, delivery, content), is_new=True)


def render_outage(
    session: Session, settings: Settings, outage_id: int, *, now: datetime, revision: str = ""
) -> Message:
    """Return what an outage's message says now."""
    outage = outage_by_id(session, outage_id)
    view, zone = view_job(session, outage), settings.zone_of(outage.source)
    return outage_message(outage, zone=zone, now=now, revision=revision or now.strftime("%H%M%S%f"), view=view)


def _is_due(session: Session, settings: Settings, outage: Outage, now: datetime) -> bool:
    if not is_outage_settled(session, outage.id):
        return False
    if outage.message_ts is None:
        return outage_told_at(session, outage.id) is None and not _is_silenced(session, outage, now)
    told_at = outage_told_at(session, outage.id) or outage.started_at
    pause = timedelta(seconds=settings.alerts.outage_edit_seconds)
    return outage.frames > outage.told_frames and now >= told_at + pause


def _is_silenced(session: Session, outage: Outage, now: datetime) -> bool:
    return is_silenced(session, source_id=outage.source_id, now=now)


def _tell(session: Session, settings: Settings, outage: Outage, now: datetime) -> None:
    channel = channel_of_notice(settings, outage.source, now=now)
    add_delivery(session, NewDelivery(DeliveryKind.OUTAGE, channel, now, outage_id=outage.id), now=now)


def _edited(out: Outgoing, place: Place, content: Message, delivery: Delivery) -> bool:
    """Change the message and return True; False where a person deleted it."""
    try:
        out.notifier.edit(place, content)
    except MessageGoneError:
        return False
    except BadContentError as error:
        logger.warning("alert_content_refused", delivery_id=delivery.id, reason=error.reason)
        out.notifier.edit(place, content.as_plain_text())
    return True


def _post(out: Outgoing, delivery: Delivery, content: Message) -> Place:
    try:
        return out.notifier.post(delivery.channel, content, key=delivery.key)
    except BadContentError as error:
        logger.warning("alert_sent_as_plain_text", delivery_id=delivery.id, reason=error.reason)
        return out.notifier.post(delivery.channel, content.as_plain_text(), key=delivery.key)


def _found_before(out: Outgoing, delivery: Delivery) -> Place | None:
    since = doubtful_since(delivery)
    if since is None:
        return None
    found = search(delivery.channel, lambda: out.notifier.find(delivery.channel, delivery.key, since=since))
    return found.place if found else None


def _settle(out: Outgoing, delivery: Delivery, outage: Outage, place: Place, *, is_new: bool) -> None:
    """Record what the message shows now, and where it stands where it is new."""
    with out.database.transaction() as session:
        if not mark_sent(session, delivery, message_ts=place.ts, now=out.clock()):
            return
        set_told_frames(session, outage.id, outage.frames)
        if is_new:
            set_outage_message(session, outage.id, channel=place.channel, message_ts=place.ts)
