"""The outbox at work: claim what is due, send it channel by channel, and settle every outcome."""

import os
import random
from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta

import structlog

from agent.alerts.edit import send_edit, send_farewell
from agent.alerts.escalate import send_escalation
from agent.alerts.outage import send_outage
from agent.alerts.outgoing import Outgoing
from agent.alerts.picture import send_picture
from agent.alerts.post import send_notice, send_post
from agent.alerts.removal import send_removal
from agent.alerts.settle import OUR_FAULT, settle_error, settle_sent
from agent.alerts.webhooks import send_webhook
from agent.notifiers.port import NotifyError
from config.errors import OddspotError
from config.logs import traced
from storage.database import Session
from storage.failpoints import reach
from storage.owners import is_gone, owner_name
from storage.queries.traces import trace_of_delivery
from storage.records import Delivery, DeliveryKind
from storage.repositories.pace import spoke
from storage.repositories.sending import (
    claim_for_channels,
    has_work,
    put_in_doubt_from_the_gone,
    put_stuck_in_doubt,
)
from storage.status.stages import Stages

logger = structlog.get_logger()
CHANNELS_AT_ONCE = 8
# Slack shares a picture into the channel a moment after its upload was answered.
SHARED_LATER = timedelta(seconds=0.2)
STUCK_AFTER = timedelta(seconds=60)

SENDERS: dict[DeliveryKind, Callable[[Outgoing, Delivery], None]] = {
    DeliveryKind.POST: send_post,
    DeliveryKind.EDIT: send_edit,
    DeliveryKind.PICTURE: send_picture,
    DeliveryKind.NOTICE: send_notice,
    DeliveryKind.FAREWELL: send_farewell,
    DeliveryKind.OUTAGE: send_outage,
    DeliveryKind.ESCALATION: send_escalation,
    DeliveryKind.WEBHOOK: send_webhook,
    DeliveryKind.REMOVAL: send_removal,
}


class Deliverer:
    """Sends deliveries, one at a time a channel, so that a slow channel holds up only itself."""

    def __init__(
        self,
        out: Outgoing,
        executor: Executor,
        *,
        chance: random.Random,
        stuck_after: timedelta = STUCK_AFTER,
        stages: Stages | None = None,
    ) -> None:
        self._stages = stages or Stages()
        self._out = out
        self._executor = executor
        self._chance = chance
        self._stuck_after = stuck_after
        self._sender = owner_name(os.getpid())
        self._at_work: dict[str, tuple[Delivery, Future[None]]] = {}

    def has_work(self) -> bool:
        """Say whether an event waits or a delivery is due."""
        now = self._out.clock()
        with self._out.database.reading() as session:
            return has_work(session, now=now, started_before=now - self._stuck_after)

    def take_from_the_gone(self) -> int:
        """Take up at once what processes of this machine had begun to send when they died; return how much."""
        with self._out.database.transaction() as session:
            return put_in_doubt_from_the_gone(session, is_gone=is_gone, now=self._out.clock())

    def deliver(self) -> int:
        """Start sending what is due on every free channel and return how many deliveries were started."""
        now = self._out.clock()
        self._reap()
        room = CHANNELS_AT_ONCE - len(self._at_work)
        with self._out.database.transaction() as session:
            held = [delivery.id for delivery, _ in self._at_work.values()]
            stuck = put_stuck_in_doubt(session, started_before=now - self._stuck_after, held=held, now=now)
            claimed = self._claim(session, room, now)
            traces = [trace_of_delivery(session, delivery) for delivery in claimed]
        if stuck:
            logger.warning("deliveries_in_doubt", count=stuck)
        for delivery, trace in zip(claimed, traces, strict=True):
            self._at_work[delivery.channel] = (delivery, self._executor.submit(self._send, delivery, trace))
        return len(claimed)

    def _claim(self, session: Session, room: int, now: datetime) -> list[Delivery]:
        if room <= 0:
            return []
        return claim_for_channels(session, busy=self._at_work, limit=room, now=now, sender=self._sender)

    def _reap(self) -> None:
        done = {channel: work for channel, work in self._at_work.items() if work[1].done()}
        for channel, (delivery, future) in done.items():
            del self._at_work[channel]
            if (error := future.exception()) is not None:
                logger.error("delivery_not_settled", delivery_id=delivery.id, error=type(error).__name__)

    def _send(self, delivery: Delivery, trace: int | None) -> None:
        reach("delivery.begun")
        with traced(trace):
            self._send_and_settle(delivery)

    def _send_and_settle(self, delivery: Delivery) -> None:
        try:
            with self._stages.timing(f"send {delivery.kind}"):
                SENDERS[delivery.kind](self._out, delivery)
        except NotifyError as error:
            self._settle(delivery, error)
        except OddspotError as error:
            is_final = error.permanent
            reason = NotifyError(delivery.channel, str(error), permanent=is_final, ambiguous=not is_final)
            self._settle(delivery, reason, is_ours=True)
        except Exception:
            logger.exception("delivery_crashed", delivery_id=delivery.id)
            fault = NotifyError(delivery.channel, OUR_FAULT, ambiguous=True)
            self._settle(delivery, fault, is_ours=True)  # it may have come after the message was accepted
        else:
            reach("delivery.committed")
            settle_sent(self._out, delivery)
        finally:
            with self._out.database.transaction() as session:
                now = self._out.clock() + (SHARED_LATER if delivery.kind is DeliveryKind.PICTURE else timedelta(0))
                spoke(session, delivery.channel, delivery.id, now=now)

    def _settle(self, delivery: Delivery, error: NotifyError, *, is_ours: bool = False) -> None:
        settle_error(self._out, delivery, error, self._chance, is_ours=is_ours)
