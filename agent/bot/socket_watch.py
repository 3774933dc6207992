"""The socket's watchdog: silent for too long, it asks Slack whether it is there, and opens another socket.

Slack's library pings and reconnects by itself, but says nothing to anybody: a token that was revoked, or an app that
was switched off, would be a bot that never answers again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from slack_sdk import WebClient

from agent.bot.socket_mode import SocketMode
from agent.notifiers.slack_errors import SlackTrouble, explain
from storage.database import Database
from storage.repositories.alarms import SOCKET, call_off, raise_alarm

logger = structlog.get_logger()
SILENT_AFTER = timedelta(seconds=60)
ASK_EVERY = timedelta(seconds=60)
PART = "socket"


class SocketWatch:
    """Looks at the socket now and then; what stands in its way is noted, and an alarm raised until it is over.

    note: told what is wrong, None once nothing is. heard: told of each kind of thing that came since the last look.
    alarm_after: so long it may be silent before people are told by another way.
    """

    def __init__(
        self,
        socket: SocketMode,
        client: WebClient,
        database: Database,
        *,
        note: Callable[[str, str | None], None] = lambda *_: None,
        heard: Callable[[str], None] = lambda _: None,
        alarm_after: timedelta,
    ) -> None:
        self._socket = socket
        self._client = client
        self._database = database
        self._note = note
        self._heard = heard
        self._alarm_after = alarm_after
        self._seen: tuple[datetime | None, datetime | None] = (None, None)
        self._ask_at: datetime | None = None
        self._reason: str | None = None
        self._silent_since: datetime | None = None
        self._was_well = False  # an alarm of the process before this one may stand

    def look(self, *, now: datetime) -> str | None:
        """Do what is to be done, and return what is wrong, None where Slack was heard lately."""
        self._mark()
        heard_at = self._socket.heard_at
        if heard_at is not None and now - heard_at <= SILENT_AFTER:
            self._is_well(now)
            return None
        self._was_well = False
        self._silent_since = self._silent_since or heard_at or now
        if now - self._silent_since > SILENT_AFTER and (self._ask_at is None or now >= self._ask_at):
            self._ask_at = now + ASK_EVERY
            self._reason = self._ask()
            self._tell(self._reason, now)
        return self._reason

    def _mark(self) -> None:
        event_at, heard_at = self._socket.event_at, self._socket.heard_at
        if event_at != self._seen[0]:
            self._heard("event")
        if heard_at is not None and heard_at != self._seen[1]:
            self._heard("anything")
        self._seen = event_at, heard_at

    def _ask(self) -> str:
        """Ask Slack who we are, then for another socket; return what is wrong."""
        reason = "the socket is silent"
        try:
            self._client.auth_test()
            reason = "Slack answers but opens no socket"
            self._socket.open_another()
            reason = "the socket was silent and is opened anew"
        except SlackTrouble as error:
            reason = f"{reason}: {explain('Slack', error).reason}"
        return reason

    def _tell(self, reason: str, now: datetime) -> None:
        since = self._silent_since or now
        logger.warning("socket_silent", reason=reason, since=since.isoformat())
        self._note(PART, f"Slack is not heard ({reason})")
        if now - since >= self._alarm_after:
            with self._database.transaction() as session:
                raise_alarm(session, SOCKET, PART, reason, now=now)

    def _is_well(self, now: datetime) -> None:
        if self._was_well:
            return
        with self._database.transaction() as session:
            call_off(session, SOCKET, PART, now=now)
        if self._reason is not None:
            logger.info("socket_heard_again")
        self._note(PART, None)
        self._silent_since = self._ask_at = self._reason = None
        self._was_well = True
