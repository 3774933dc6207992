"""What becomes of a delivery once it was tried: sent, put off, in doubt, or given up with an alarm."""

import random
from datetime import timedelta

import structlog

from agent.alerts.backoff import backoff
from agent.alerts.catch_up import come_back
from agent.alerts.outgoing import NotYetError, Outgoing
from agent.notifiers.port import MessageGoneError, NotifyError
from storage.database import Session
from storage.records import Delivery, DeliveryKind
from storage.repositories.alarms import FAILED, TELLING, raise_alarm
from storage.repositories.deliveries import mark_due_again, mark_failed
from storage.repositories.pace import leave_alone, note_reached, note_unreached
from storage.repositories.sending import put_in_doubt

logger = structlog.get_logger()
MOST_TRIES_OF_OURS = 10
OUR_FAULT = "a fault of ours, see the log"
OF_NO_CONSEQUENCE = ("its message was never posted", "its message was deleted again and is left alone")


def settle_sent(out: Outgoing, delivery: Delivery) -> None:
    """Note that a channel took a delivery; where it had been away, let what waits follow."""
    with out.database.transaction() as session:
        now = out.clock()
        since = note_reached(session, delivery.channel, now=now)
        if since is not None:
            come_back(session, delivery, since=since, now=now)
    if since is not None:
        logger.info("channel_reached_again", channel=delivery.channel, away_since=since.isoformat())
    logger.info("delivered", delivery_id=delivery.id, kind=delivery.kind, incident_id=delivery.incident_id)


def settle_error(
    out: Outgoing, delivery: Delivery, error: NotifyError, chance: random.Random, *, is_ours: bool = False
) -> None:
    """Put a delivery off as its error says, or give it up and raise an alarm.

    is_ours: the fault is on our side, as a full disk: that does not make the channel one that was away.
    """
    now, wait = out.clock(), backoff(delivery.attempts, chance)
    is_given_up = error.permanent or _is_hopeless(delivery, error)
    with out.database.transaction() as session:
        if isinstance(error, NotYetError):
            due_at = now + timedelta(seconds=error.seconds)
            mark_due_again(session, delivery, due_at=due_at, error=error.reason, counts=False)
        elif error.retry_after is not None:
            due_at = now + timedelta(seconds=error.retry_after)
            mark_due_again(session, delivery, due_at=due_at, error=error.reason, counts=False)
            leave_alone(session, delivery.channel, delivery.id, until=due_at)
        elif is_given_up:
            _give_up(out, session, delivery, error)
        else:
            put_off = put_in_doubt if error.ambiguous else mark_due_again
            put_off(session, delivery, due_at=now + wait, error=error.reason)
            if not is_ours:
                note_unreached(session, delivery.channel, now=now)
    _log(delivery, error, is_given_up=is_given_up)


def _is_hopeless(delivery: Delivery, error: NotifyError) -> bool:
    is_bounded = delivery.kind is DeliveryKind.PICTURE or error.reason == OUR_FAULT
    return is_bounded and delivery.attempts >= MOST_TRIES_OF_OURS


def _give_up(out: Outgoing, session: Session, delivery: Delivery, error: NotifyError) -> None:
    mark_failed(session, delivery, error=error.reason)
    if delivery.kind in TELLING and error.reason not in OF_NO_CONSEQUENCE and not _has_no_asker(delivery, error):
        raise_alarm(session, FAILED, delivery.channel, error.reason, now=out.clock())


def _has_no_asker(delivery: Delivery, error: NotifyError) -> bool:
    """Say whether a person deleted the message that this answers."""
    return isinstance(error, MessageGoneError) and "thread" in delivery.payload


def _log(delivery: Delivery, error: NotifyError, *, is_given_up: bool) -> None:
    if isinstance(error, NotYetError):
        return
    said = {
        "delivery_id": delivery.id,
        "kind": delivery.kind,
        "channel": delivery.channel,
        "incident_id": delivery.incident_id,
        "attempts": delivery.attempts,
        "reason": error.reason,
    }
    if is_given_up:
        event = "picture_not_delivered" if delivery.kind is DeliveryKind.PICTURE else "alert_not_delivered"
        logger.error(event, **said)
    else:
        logger.warning("delivery_put_off", **said)
