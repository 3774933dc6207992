"""Socket Mode: a socket from here to Slack, kept open; nothing has to be reachable from outside."""

import random
import socket
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from agent.alerts.backoff import backoff
from agent.notifiers.slack_client import SlackAuthError, make_client
from agent.notifiers.slack_errors import SlackTrouble, explain
from config.team import SlackSettings

logger = structlog.get_logger()
# What people do comes in one; a greeting or a good-bye of Slack does not.
ENVELOPE = '"envelope_id"'


class SocketMode:
    """Opens the socket, again and again while Slack cannot be reached; Slack's library keeps it open then."""

    def __init__(self, app: App, slack: SlackSettings, app_token: str, *, chance: random.Random) -> None:
        client = make_client(slack)
        self._handler = SocketModeHandler(app, app_token, web_client=client, logger=client._logger)  # noqa: SLF001
        self._handler.client.on_message_listeners.append(self._note_message)
        self._chance = chance
        self._tries = 0
        self._next_try_at: datetime | None = None
        self.is_open = False
        self.event_at: datetime | None = None
        self._message_at: datetime | None = None

    def ensure_open(self, *, now: datetime) -> None:
        """Open the socket if it was never open and a try is due; raise SlackAuthError for a wrong token."""
        if self.is_open or (self._next_try_at is not None and now < self._next_try_at):
            return
        try:
            self._handler.connect()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        except SlackTrouble as error:
            self._put_off(explain("Slack", error).reason, is_permanent=explain("Slack", error).permanent, now=now)
        else:
            self.is_open = True
            logger.info("socket_open")

    @property
    def heard_at(self) -> datetime | None:
        """When anything last came over the open socket, the answer to a ping too; None where none is open."""
        session = self._handler.client.current_session
        if session is None or not session.is_active():
            return None
        answered = session.last_ping_pong_time
        came = [self._message_at, datetime.fromtimestamp(answered, UTC) if answered else None]
        return max((moment for moment in came if moment is not None), default=None)

    def open_another(self) -> None:
        """Put a new socket in the place of this one; raise one of SlackTrouble."""
        self._handler.client.connect_to_new_endpoint(force=True)

    def _note_message(self, message: str) -> None:
        self._message_at = datetime.now(UTC)
        if ENVELOPE in message:
            self.event_at = self._message_at

    def close(self) -> None:
        """Close the socket; its reader is woken first, else closing waits for it."""
        client = self._handler.client
        client.auto_reconnect_enabled = False
        connected = client.current_session.sock if client.current_session is not None else None
        if connected is not None:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
        self._handler.close()  # type: ignore[no-untyped-call]  # the same

    def _put_off(self, reason: str, *, is_permanent: bool, now: datetime) -> None:
        if is_permanent:
            raise SlackAuthError("slack.app_token", reason)
        self._tries += 1
        self._next_try_at = now + backoff(self._tries, self._chance)
        logger.warning("socket_not_open", reason=reason, tries=self._tries)
