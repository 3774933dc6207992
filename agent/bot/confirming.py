"""The buttons under a proposed change: done once, as the person who confirms; the message says what became of it."""

import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from agent.assistant.proposals import Proposal, proposal_of
from agent.bot import acts
from agent.bot.acts import Act
from agent.bot.confirmed import StaleProposalError, carry_out
from agent.bot.permissions import Permissions
from agent.bot.rights import OF_PROPOSALS, right_to_undo
from agent.messages.confirm_message import CANCEL, CONFIRM, TAKE_BACK, settled_message
from agent.messages.message import Message
from agent.messages.safe_text import escape
from agent.messages.words import SETTLED, SORRY_ACT
from agent.notifiers.slack_errors import SlackTrouble, explain
from config.errors import OddspotError
from config.settings import Settings
from config.team import Right
from storage.database import Database
from storage.repositories.events import is_first_sight, was_seen
from storage.repositories.undoing import NotUndoneError

logger = structlog.get_logger()


class Confirming:
    """Carries out, or drops, what was proposed in a message."""

    def __init__(
        self, client: WebClient, database: Database, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._database = database
        self._settings = settings
        self._clock = clock
        self._permissions = Permissions.of(client, settings.slack)
        self._one_at_a_time = threading.Lock()

    def register(self, app: App) -> None:
        """Listen to the buttons."""
        app.action(CONFIRM)(self._on_confirm)
        app.action(CANCEL)(self._on_cancel)
        app.action(TAKE_BACK)(self._on_undo)

    def _on_confirm(
        self, ack: Callable[[], object], body: dict[str, Any], context: Any, respond: Callable[..., object]
    ) -> None:
        ack()
        proposal, act = _proposal(body), self._act(body)
        if not self._may(body, context, OF_PROPOSALS[proposal.action] if proposal else None):
            return
        if proposal is None:
            self._whisper(body, SORRY_ACT)
            return
        with self._one_at_a_time:
            if self._is_settled(body):
                self._whisper(body, SETTLED)
                return
            try:
                done = carry_out(self._database, self._settings, act, proposal, channel=_told_in(body))
            except StaleProposalError as error:
                self._end(body, respond, settled_message(proposal.words, f"Nothing was changed: {escape(str(error))}"))
                return
            except (OddspotError, KeyError, ValueError) as error:
                logger.warning("act_failed", act=CONFIRM, user=act.user, reason=str(error))
                self._whisper(body, SORRY_ACT)
                return
            logger.info("act_done", act=str(proposal.action), user=act.user, value=proposal.words)
            outcome = f"Confirmed by <@{act.user}>. {done.words}"
            self._end(body, respond, settled_message(proposal.words, outcome, undo=done.undo))

    def _on_cancel(
        self, ack: Callable[[], object], body: dict[str, Any], context: Any, respond: Callable[..., object]
    ) -> None:
        ack()
        if not self._may(body, context):
            return
        proposal = _proposal(body)
        with self._one_at_a_time:
            if self._is_settled(body):
                self._whisper(body, SETTLED)
                return
            words = proposal.words if proposal else "A change"
            outcome = f"Cancelled by <@{body['user']['id']}>. Nothing was changed."
            self._end(body, respond, settled_message(words, outcome))

    def _on_undo(
        self, ack: Callable[[], object], body: dict[str, Any], context: Any, respond: Callable[..., object]
    ) -> None:
        ack()
        number, _, words = str(body["actions"][0].get("value") or "").partition(":")
        act = Act(body["user"]["id"], number, self._clock())
        if not self._may(body, context, right_to_undo(self._database, act)):
            return
        try:
            acts.undo(self._database, self._settings, act)
        except OddspotError as error:
            logger.warning("act_failed", act=TAKE_BACK, user=act.user, reason=str(error))
            self._whisper(body, escape(str(error)) if isinstance(error, NotUndoneError) else SORRY_ACT)
            return
        logger.info("act_done", act=TAKE_BACK, user=act.user, value=number)
        self._show(body, respond, settled_message(words, f"Taken back by <@{act.user}>."))

    def _may(self, body: dict[str, Any], context: Any, right: Right | None = None) -> bool:
        user, team = body["user"]["id"], context.authorize_result
        refusal = self._permissions.refusal(
            user, team=(team.team_id if team else "") or "", channel=body["channel"]["id"], right=right
        )
        if refusal is not None:
            logger.info("act_refused", act=body["actions"][0]["action_id"], user=user)
            self._whisper(body, refusal)
        return refusal is None

    def _act(self, body: dict[str, Any]) -> Act:
        return Act(body["user"]["id"], "", self._clock())

    def _is_settled(self, body: dict[str, Any]) -> bool:
        with self._database.reading() as session:
            return was_seen(session, _sight(body))

    def _end(self, body: dict[str, Any], respond: Callable[..., object], message: Message) -> None:
        """Remember that the message is answered, whatever its buttons still look like, and show it."""
        with self._database.transaction() as session:
            is_first_sight(session, _sight(body), now=self._clock())
        self._show(body, respond, message)

    def _show(self, body: dict[str, Any], respond: Callable[..., object], message: Message) -> None:
        container, channel = body.get("container") or {}, body["channel"]["id"]
        try:
            if container.get("is_ephemeral"):
                respond(text=message.text, blocks=list(message.blocks), replace_original=True)
            else:
                ts = str(container.get("message_ts"))
                self._client.chat_update(channel=channel, ts=ts, text=message.text, blocks=list(message.blocks))
        except SlackTrouble as error:
            logger.warning("message_not_updated", reason=explain(channel, error).reason)
            self._whisper(body, message.text)

    def _whisper(self, body: dict[str, Any], words: str) -> None:
        user, channel = body["user"]["id"], body["channel"]["id"]
        thread_ts = (body.get("container") or {}).get("thread_ts")
        try:
            self._client.chat_postEphemeral(channel=channel, user=user, text=words, thread_ts=thread_ts)
        except SlackTrouble as error:
            logger.warning("person_not_told", user=user, reason=explain(channel, error).reason)


def _proposal(body: dict[str, Any]) -> Proposal | None:
    try:
        return proposal_of(json.loads(str(body["actions"][0].get("value") or "")))
    except (KeyError, TypeError, ValueError):
        return None


def _sight(body: dict[str, Any]) -> str:
    return f"settled:{body['channel']['id']}:{(body.get('container') or {}).get('message_ts')}"


def _told_in(body: dict[str, Any]) -> str:
    return str(body["channel"]["id"])
