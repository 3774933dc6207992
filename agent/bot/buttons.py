"""The buttons under alerts and digests: who presses may, what it changes, and what the person is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from agent.bot import acts
from agent.bot.permissions import Permissions
from agent.messages.incident_message import DEFECT, FALSE_ALARM, SILENCE
from agent.messages.notices import GO_LIVE
from agent.messages.words import SORRY_ACT
from agent.notifiers.slack_errors import SlackTrouble, explain
from config.errors import OddspotError
from config.settings import Settings
from storage.database import Database
from storage.records import LabelKind

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pressed:
    """A pressed button: by whom, in which message, with what value."""

    user: str
    team: str
    channel: str
    thread_ts: str | None
    value: str


class Buttons:
    """Does what a person pressed."""

    def __init__(
        self,
        client: WebClient,
        database: Database,
        settings: Settings,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._clock = clock
        self._permissions = Permissions(client, settings.slack.allowed_users)
        self._acts: dict[str, Callable[[acts.Act], acts.Done]] = {
            DEFECT: partial(acts.label, database, settings, kind=LabelKind.DEFECT),
            FALSE_ALARM: partial(acts.label, database, settings, kind=LabelKind.FALSE_ALARM),
            SILENCE: partial(acts.silence, database, settings),
            GO_LIVE: partial(acts.go_live, database),
        }

    def register(self, app: App) -> None:
        """Listen to every button."""
        for action_id in self._acts:
            app.action(action_id)(self._on_press)

    def press(self, action_id: str, pressed: Pressed) -> None:
        """Do it if the person may, and tell only them where no message will show it."""
        refusal = self._permissions.refusal(pressed.user, team=pressed.team)
        if refusal is not None:
            logger.info("act_refused", act=action_id, user=pressed.user)
            self._whisper(pressed, refusal)
            return
        try:
            done = self._acts[action_id](acts.Act(pressed.user, pressed.value, self._clock()))
        except OddspotError as error:
            logger.warning("act_failed", act=action_id, user=pressed.user, reason=str(error))
            self._whisper(pressed, SORRY_ACT)
            return
        logger.info("act_done", act=action_id, user=pressed.user, value=pressed.value)
        if not done.is_shown:
            self._whisper(pressed, done.words)

    def _on_press(self, ack: Callable[[], object], body: dict[str, Any], context: Any) -> None:
        ack()
        container, team = body.get("container") or {}, context.authorize_result
        action = body["actions"][0]
        pressed = Pressed(
            user=body["user"]["id"],
            team=(team.team_id if team else "") or "",
            channel=body["channel"]["id"],
            thread_ts=container.get("thread_ts"),
            value=str(action.get("value") or ""),
        )
        self.press(action["action_id"], pressed)

    def _whisper(self, pressed: Pressed, words: str) -> None:
        try:
            self._client.chat_postEphemeral(
                channel=pressed.channel,
                user=pressed.user,
                text=words,
                thread_ts=pressed.thread_ts,
            )
        except SlackTrouble as error:
            logger.warning("person_not_told", user=pressed.user, reason=explain(pressed.channel, error).reason)
