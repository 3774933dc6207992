"""The buttons under alerts and digests: who presses may, what it changes, and what the person is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from agent.bot import acts, looking
from agent.bot.details import Details
from agent.bot.permissions import Permissions
from agent.bot.rights import OF_BUTTONS, right_to_undo
from agent.messages.incident_buttons import (
    ACKNOWLEDGE,
    DEFECT,
    DETAILS,
    EXPLAIN,
    FALSE_ALARM,
    MORE,
    SILENCE,
    SILENCE_LIKE,
    SIMILAR,
    UNDO,
    UNSURE,
)
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
    trigger_id: str = ""


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
        self._database = database
        self._permissions = Permissions.of(client, settings.slack)
        self._details = Details(client, database, settings, self._permissions, clock)
        about = partial(partial, database=database, settings=settings)
        self._acts: dict[str, Callable[..., acts.Done]] = {
            DEFECT: about(acts.label, kind=LabelKind.DEFECT),
            FALSE_ALARM: about(acts.label, kind=LabelKind.FALSE_ALARM),
            UNSURE: about(acts.label, kind=LabelKind.UNSURE),
            ACKNOWLEDGE: about(acts.acknowledge),
            SILENCE: about(acts.silence),
            SILENCE_LIKE: about(acts.silence_like),
            SIMILAR: about(looking.show_similar),
            EXPLAIN: about(looking.explain),
            UNDO: about(acts.undo),
            GO_LIVE: partial(acts.go_live, database=database),
        }

    def register(self, app: App) -> None:
        """Listen to every button, to the menu and to the modal."""
        for action_id in (*self._acts, MORE):
            app.action(action_id)(self._on_press)
        self._details.register(app)

    def press(self, action_id: str, pressed: Pressed) -> None:
        """Do it if the person may, and tell only them where no message will show it."""
        act = acts.Act(pressed.user, pressed.value, self._clock())
        right = right_to_undo(self._database, act) if action_id == UNDO else OF_BUTTONS[action_id]
        refusal = self._permissions.refusal(pressed.user, team=pressed.team, channel=pressed.channel, right=right)
        if refusal is not None:
            logger.info("act_refused", act=action_id, user=pressed.user)
            self._whisper(pressed, refusal)
            return
        try:
            if action_id == DETAILS:
                self._open(pressed, act)
                return
            done = self._acts[action_id](act=act)
        except OddspotError as error:
            logger.warning("act_failed", act=action_id, user=pressed.user, reason=str(error))
            self._whisper(pressed, SORRY_ACT)
            return
        logger.info("act_done", act=action_id, user=pressed.user, value=pressed.value)
        if not done.is_shown:
            self._whisper(pressed, done.words)

    def _open(self, pressed: Pressed, act: acts.Act) -> None:
        words = self._details.open(pressed.trigger_id, act.row_id)
        if words is not None:
            self._whisper(pressed, words)

    def _on_press(self, ack: Callable[[], object], body: dict[str, Any], context: Any) -> None:
        ack()
        container, team = body.get("container") or {}, context.authorize_result
        action_id, value = _chosen(body["actions"][0])
        pressed = Pressed(
            user=body["user"]["id"],
            team=(team.team_id if team else "") or "",
            channel=body["channel"]["id"],
            thread_ts=container.get("thread_ts"),
            value=value,
            trigger_id=str(body.get("trigger_id") or ""),
        )
        if action_id in {*self._acts, DETAILS}:
            self.press(action_id, pressed)

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


def _chosen(action: dict[str, Any]) -> tuple[str, str]:
    """Return which act was chosen and its value; an entry of the menu carries both, as `act:value`."""
    option = action.get("selected_option")
    if option is None:
        return str(action["action_id"]), str(action.get("value") or "")
    act, _, value = str(option["value"]).partition(":")
    return act, value
