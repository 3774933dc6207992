"""The buttons under audits, lists of frames, proposals and moved cameras: who presses may, and the message says so."""

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from agent.alerts.job_notices import render_job
from agent.alerts.outage import render_outage
from agent.bot import learning
from agent.bot.acts import Act
from agent.bot.permissions import Permissions
from agent.bot.sent_again import is_new
from agent.messages.audit_message import AUDIT_GOOD, AUDIT_MISSED
from agent.messages.missed_message import MISSED_DEFECT
from agent.messages.outage_message import USE_VIEW
from agent.messages.proposal_message import APPLY, ROLL_BACK
from agent.messages.safe_text import escape
from agent.messages.words import SORRY_ACT
from agent.notifiers.slack_errors import SlackTrouble, explain
from config.errors import OddspotError
from config.settings import Settings
from storage.database import Database
from storage.repositories.audit_picks import GOOD, MISSED
from storage.repositories.switches import SwitchError
from storage.repositories.versions import NotFitError
from storage.repositories.views import NotMovedError

logger = structlog.get_logger()
DIRECT = "D"
CHANGES = (APPLY, ROLL_BACK, USE_VIEW)
# Errors whose sentence says why nothing was changed; it holds names of ours only.
TOLD = (SwitchError, NotFitError, NotMovedError)


class Proposals:
    """Does what a person pressed, and writes the message anew from what the database then holds."""

    def __init__(
        self, client: WebClient, database: Database, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._database = database
        self._settings = settings
        self._clock = clock
        self._permissions = Permissions.of(client, settings.slack)
        self._one_at_a_time = threading.Lock()
        self._acts: dict[str, Callable[[Act], int]] = {
            AUDIT_GOOD: partial(learning.say_of_pick, database, said=GOOD),
            AUDIT_MISSED: partial(learning.say_of_pick, database, said=MISSED),
            MISSED_DEFECT: partial(learning.say_missed, database),
            APPLY: partial(learning.apply_proposal, database),
            ROLL_BACK: partial(learning.roll_back_proposal, database),
            USE_VIEW: partial(learning.use_new_view, database),
        }

    def register(self, app: App) -> None:
        """Listen to every button."""
        for action_id in self._acts:
            app.action(action_id)(self._on_press)

    def _on_press(self, ack: Callable[[], object], body: dict[str, Any], context: Any) -> None:
        ack()
        action, user, team = body["actions"][0], body["user"]["id"], context.authorize_result
        channel = str(body["channel"]["id"])
        refusal = self._permissions.refusal(
            user,
            team=(team.team_id if team else "") or "",
            channel=None if channel.startswith(DIRECT) else channel,  # a channel's rule is not for it
            right="change" if action["action_id"] in CHANGES else "label",
        )
        if refusal is not None:
            logger.info("act_refused", act=action["action_id"], user=user)
            self._whisper(body, refusal)
            return
        trigger_id = str(body.get("trigger_id") or "")
        if action["action_id"] in CHANGES and not is_new(self._database, "press", trigger_id, now=self._clock()):
            return  # sent again, and what it asked for may have been rolled back since
        try:
            row_id = self._acts[action["action_id"]](Act(user, str(action.get("value") or ""), self._clock()))
        except OddspotError as error:
            logger.warning("act_failed", act=action["action_id"], user=user, reason=str(error))
            self._whisper(body, escape(str(error)) if isinstance(error, TOLD) else SORRY_ACT)
            return
        logger.info("act_done", act=action["action_id"], user=user, value=action.get("value"))
        self._show(body, action["action_id"], row_id)

    def _show(self, body: dict[str, Any], action_id: str, row_id: int) -> None:
        """Write the message anew, one at a time: of two people at once the later one must not show less."""
        channel, ts = body["channel"]["id"], str((body.get("container") or {}).get("message_ts"))
        try:
            with self._one_at_a_time:
                render = render_outage if action_id == USE_VIEW else render_job
                with self._database.reading() as session:
                    message = render(session, self._settings, row_id, now=self._clock())
                self._client.chat_update(channel=channel, ts=ts, text=message.text, blocks=list(message.blocks))
        except SlackTrouble as error:
            logger.warning("message_not_updated", act=action_id, row=row_id, reason=explain(channel, error).reason)
            self._whisper(body, "Noted, though the message could not be changed.")

    def _whisper(self, body: dict[str, Any], words: str) -> None:
        user, channel = body["user"]["id"], body["channel"]["id"]
        thread_ts = (body.get("container") or {}).get("thread_ts")
        try:
            self._client.chat_postEphemeral(channel=channel, user=user, text=words, thread_ts=thread_ts)
        except SlackTrouble as error:
            logger.warning("person_not_told", user=user, reason=explain(channel, error).reason)
