"""The thumbs under an answer: the last word of each person about each answer is kept."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from agent.bot.acts import Act
from agent.bot.permissions import Permissions
from agent.messages.answer_message import FEEDBACK, HELPFUL, NOT_HELPFUL
from agent.messages.words import THANKS, THANKS_BUT
from agent.notifiers.slack_errors import SlackTrouble, explain
from config.settings import Settings
from storage.database import Database
from storage.records import Feedback
from storage.repositories.feedback import keep_feedback

logger = structlog.get_logger()


class FeedbackButtons:
    """Keeps what people say of answers."""

    def __init__(
        self, client: WebClient, database: Database, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._database = database
        self._clock = clock
        self._permissions = Permissions.of(client, settings.slack)

    def register(self, app: App) -> None:
        """Listen to the thumbs."""
        app.action(FEEDBACK)(self._on_press)

    def _on_press(self, ack: Callable[[], object], body: dict[str, Any], context: Any) -> None:
        ack()
        team = context.authorize_result
        refusal = self._permissions.refusal(body["user"]["id"], team=(team.team_id if team else "") or "")
        if refusal is not None:
            self._whisper(body, refusal)
            return
        feedback = _feedback(body, self._clock())
        if feedback is None:
            logger.warning("feedback_not_read", user=body["user"]["id"])
            return
        with self._database.transaction() as session:
            keep_feedback(session, feedback)
        logger.info("feedback_kept", user=body["user"]["id"], helpful=feedback.is_helpful)
        self._whisper(body, THANKS if feedback.is_helpful else THANKS_BUT)

    def _whisper(self, body: dict[str, Any], words: str) -> None:
        channel, user = body["channel"]["id"], body["user"]["id"]
        thread_ts = (body.get("container") or {}).get("thread_ts")
        try:
            self._client.chat_postEphemeral(channel=channel, user=user, text=words, thread_ts=thread_ts)
        except SlackTrouble as error:
            logger.warning("person_not_told", user=user, reason=explain(channel, error).reason)


def _feedback(body: dict[str, Any], now: datetime) -> Feedback | None:
    try:
        said = json.loads(str(body["actions"][0].get("value") or ""))
        word, question, tools = said["v"], str(said["q"]), tuple(str(one) for one in said["t"])
    except (KeyError, TypeError, ValueError):
        return None
    if word not in {HELPFUL, NOT_HELPFUL}:
        return None
    place = f"{body['channel']['id']}:{(body.get('container') or {}).get('message_ts')}"
    answer = str((body.get("message") or {}).get("text") or "")
    author = Act(body["user"]["id"], "", now).author
    return Feedback(place, author, word == HELPFUL, question, answer, tools, _pressed_at(body, now))


def _pressed_at(body: dict[str, Any], now: datetime) -> datetime:
    """Return when Slack says it was pressed: two presses may be handled in the other order."""
    try:
        return min(datetime.fromtimestamp(float(body["actions"][0]["action_ts"]), tz=UTC), now)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return now
