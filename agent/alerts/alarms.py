"""The local alarm: what cannot be told is said by another way, once a trouble, with an all-clear."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from agent.messages.safe_text import clean
from agent.notifiers.other_way import OtherWay
from storage.database import Database
from storage.records import Alarm
from storage.repositories.alarms import (
    DISK,
    EVENTS,
    FAILED,
    SOCKET,
    claim_untold,
    clear_alarms,
    count_unsent,
    mark_told,
    raise_unsent,
)

logger = structlog.get_logger()
AGAIN_AFTER = timedelta(minutes=1)
MOST_REASON = 200
MOST_WORDS = 500


@dataclass(frozen=True, slots=True)
class AlarmBell:
    """Looks for troubles and tells of them in its own thread, so that a slow mail server delays nobody.

    began_at: when it was started; before that nothing could be sent, and nothing is late for it.
    """

    database: Database
    way: OtherWay
    executor: Executor
    clock: Callable[[], datetime]
    unsent_after: timedelta = timedelta(minutes=5)
    began_at: datetime | None = None

    def look(self) -> int:
        """Raise and call off alarms, tell of what is untold, and return how many alarms there were to tell."""
        now = self.clock()
        has_had_time = self.began_at is None or now - self.began_at >= self.unsent_after
        with self.database.transaction() as session:
            if has_had_time:  # what waited while nobody was there to send it is sent first
                raise_unsent(session, wanted_before=now - self.unsent_after, now=now)
            clear_alarms(session, wanted_before=now - self.unsent_after, now=now)
            untold = [
                (alarm, count_unsent(session, alarm.channel))
                for alarm in claim_untold(session, now=now, again_after=AGAIN_AFTER)
            ]
        for alarm, unsent in untold:
            self.executor.submit(partial(self._tell, alarm, unsent))
        return len(untold)

    def _tell(self, alarm: Alarm, unsent: int) -> None:
        _log(alarm, unsent)
        title, body = alarm_words(alarm, unsent)
        try:
            is_told = self.way.tell(title, body)
        except Exception as error:  # noqa: BLE001 - the edge; its text may hold a password, so its type is all we say
            logger.error("alarm_not_told", alarm=alarm.id, error=type(error).__name__)  # noqa: TRY400 - the same
            return
        if not is_told:
            logger.error("alarm_not_told", alarm=alarm.id, fix="look at alarms.urls")
            return
        with self.database.transaction() as session:
            mark_told(session, alarm, now=self.clock())


def alarm_words(alarm: Alarm, unsent: int) -> tuple[str, str]:
    """Return title and text of an alarm, or of its all-clear; plain words without anything of an image."""
    if alarm.channel == DISK:
        return _disk_words(alarm)
    if alarm.key.startswith(SOCKET):
        return _socket_words(alarm)
    place = "Slack" if alarm.channel == EVENTS else clean(alarm.channel)
    since = f"{alarm.raised_at:%Y-%m-%d %H:%M} UTC"
    left = f" {_unsent(unsent)}: see `oddspot outbox`." if unsent else ""
    if alarm.cleared_at is not None and alarm.told_at is not None:
        return f"Oddspot: {place} is reached again", f"The trouble since {since} is over.{left}"
    reason = clean(alarm.reason, most=MOST_REASON)
    what = "was given up" if alarm.key.startswith(FAILED) else "was not sent for minutes"
    told = f"Something for {place} {what} ({reason}), noticed {since}."
    if alarm.cleared_at is not None:
        return f"Oddspot: {place} could not be told for a while", f"{told} It is reached again.{left}"
    return f"Oddspot: {place} cannot be told", f"{told}{left}"


def _disk_words(alarm: Alarm) -> tuple[str, str]:
    since = f"{alarm.raised_at:%Y-%m-%d %H:%M} UTC"
    if alarm.cleared_at is None:
        return f"Oddspot: {DISK} is filling up", clean(alarm.reason, most=MOST_WORDS)
    return f"Oddspot: {DISK} has room again", f"The trouble since {since} is over."


def _socket_words(alarm: Alarm) -> tuple[str, str]:
    since = f"{alarm.raised_at:%Y-%m-%d %H:%M} UTC"
    if alarm.cleared_at is not None:
        return "Oddspot hears Slack again", f"Questions and buttons were not heard from {since} on; they are again."
    reason = clean(alarm.reason, most=MOST_REASON)
    told = f"Questions and buttons are not answered since {since} ({reason}); `oddspot doctor` says more."
    return "Oddspot does not hear Slack", told


def _unsent(count: int) -> str:
    return "1 message is unsent" if count == 1 else f"{count} messages are unsent"


def _log(alarm: Alarm, unsent: int) -> None:
    said = {"alarm": alarm.id, "channel": alarm.channel, "reason": alarm.reason, "unsent": unsent}
    if alarm.cleared_at is None:
        logger.error("alarm", **said, trouble=alarm.key.split(" ", 1)[0])
    else:
        logger.info("alarm_over", **said)
