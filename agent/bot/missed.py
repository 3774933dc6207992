"""`/oddspot missed line-2 10:32`: the frames round that time, sent to the person who asked, with a button each."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from slack_sdk import WebClient

from agent.bot.acts import Act
from agent.bot.learning import ask_for_frames
from agent.bot.permissions import Permissions
from agent.bot.sent_again import is_new
from agent.messages.safe_text import escape
from agent.messages.words import SORRY_ACT
from agent.notifiers.slack_errors import SlackTrouble, explain
from config.errors import OddspotError
from config.settings import Settings
from storage.database import Database

logger = structlog.get_logger()
MISSED = re.compile(r"missed\s+(\S+)\s+(.{3,40})", re.IGNORECASE)
USAGE = "Write it as `/oddspot missed line-2 10:32`: the source, and when you saw the defect."


class MissedCommand:
    """Takes up the command once, if the person may."""

    def __init__(
        self, client: WebClient, database: Database, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._database = database
        self._settings = settings
        self._clock = clock
        self._permissions = Permissions.of(client, settings.slack)

    def answers(self, text: str) -> bool:
        """Say whether a slash command's text is this one."""
        return text.split()[:1] == ["missed"]

    def ask(self, body: dict[str, Any], text: str) -> str:
        """Have the frames shown, and return what the person is told at once."""
        match, user = MISSED.fullmatch(text.strip()), str(body["user_id"])
        if match is None:
            return USAGE
        refusal = self._permissions.refusal(user, team=str(body.get("team_id") or ""), right="label")
        if refusal is not None:
            logger.info("act_refused", act="missed", user=user)
            return refusal
        try:
            channel = str(self._client.conversations_open(users=user)["channel"]["id"])
            act = Act(user, match[2].strip(), self._clock())
            return escape(ask_for_frames(self._database, self._settings, act, match[1], channel=channel))
        except SlackTrouble as error:
            logger.warning("act_failed", act="missed", user=user, reason=explain(user, error).reason)
            return SORRY_ACT
        except OddspotError as error:
            return escape(str(error))

    def is_new(self, trigger_id: str) -> bool:
        """Say whether a command was not taken up before: Slack may send it again."""
        return is_new(self._database, "missed", trigger_id, now=self._clock())
