"""Socket Mode: a socket from here to Slack, kept open; nothing has to be reachable from outside."""

import random
import socket
from contextlib import suppress
from datetime import datetime

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from agent.alerts.backoff import backoff
from agent.notifiers.slack_client import SlackAuthError, make_client
from agent.notifiers.slack_errors import SlackTrouble, explain
from config.settings import SlackSettings

logger = structlog.get_logger()


class SocketMode:
    """Opens the socket, again and again while Slack cannot be reached; Slack's library keeps it open then."""

    def __init__(self, app: App, slack: SlackSettings, app_token: str, *, chance: random.Random) -> None:
        client = make_client(slack)
        self._handler = SocketModeHandler(app, app_token, web_client=client, logger=client._logger)  # noqa: SLF001
        self._chance = chance
        self._tries = 0
        self._next_try_at: datetime | None = None
        self.is_open = False

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
