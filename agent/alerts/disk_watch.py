"""A disk that fills up is told before it is full: one alarm and one message at each line it crosses, and the all-clear.

The disk is looked at here too, and not heard of from the detectors: on a full one they may not be able to say it.
"""

from dataclasses import asdict
from datetime import datetime

from agent.messages.disk_message import FULL, LOW, ROOM, DiskView, disk_message, disk_words
from agent.messages.message import Message
from config.settings import Settings
from storage.database import Database, Session
from storage.disk import days_until, growth_a_day, is_over
from storage.records import Delivery, DeliveryKind, DiskUse, NewDelivery
from storage.repositories.alarms import DISK, call_off, has_alarm, raise_alarm
from storage.repositories.deliveries import add_delivery
from storage.repositories.disk import disk_history, note_disk_use

DISK_NOTICE = "disk"


def watch_disk(database: Database, settings: Settings, use: DiskUse, *, now: datetime) -> str | None:
    """Note how full the disk is, raise and call off its alarms, and return what people are told, None for nothing."""
    with database.transaction() as session:
        note_disk_use(session, use, now=now)
        view = _view(session, settings, use, now)
        said = _crossed(session, settings, use, view, now)
        if said is not None:
            payload = {"notice": DISK_NOTICE, "state": said, "view": asdict(view)}
            notice = NewDelivery(DeliveryKind.NOTICE, settings.slack.channel, now, payload=payload)
            add_delivery(session, notice, now=now)
    return said


def render_disk(_session: Session, _settings: Settings, delivery: Delivery, _now: datetime) -> Message:
    """Return the message of a line that was crossed, with the figures of then."""
    return disk_message(str(delivery.payload["state"]), DiskView(**delivery.payload["view"]))


def _crossed(session: Session, settings: Settings, use: DiskUse, view: DiskView, now: datetime) -> str | None:
    """Raise and call off the two alarms; the lower one is of no use while the higher one stands."""
    own = settings.storage
    is_full = is_over(use, own.disk_stop_share, was_over=has_alarm(session, FULL, DISK))
    is_low = is_over(use, own.disk_warn_share, was_over=has_alarm(session, LOW, DISK))
    if is_full:
        return FULL if _raise(session, FULL, view, now) else None
    has_room = call_off(session, FULL, DISK, now=now)
    if is_low and _raise(session, LOW, view, now) and not has_room:
        return LOW
    if not is_low:
        call_off(session, LOW, DISK, now=now)
    return ROOM if has_room else None


def _raise(session: Session, state: str, view: DiskView, now: datetime) -> bool:
    return raise_alarm(session, state, DISK, " ".join(disk_words(state, view)), now=now)


def _view(session: Session, settings: Settings, use: DiskUse, now: datetime) -> DiskView:
    growth = growth_a_day(disk_history(session, now=now))
    stop_share = settings.storage.disk_stop_share
    return DiskView(
        share=use.share,
        free_bytes=use.free_bytes,
        total_bytes=use.total_bytes,
        stop_share=stop_share,
        days=days_until(use, stop_share, growth),
        is_known=growth is not None,
        least_days=settings.retention.least_days,
        normal_days=settings.retention.normal_days,
    )
