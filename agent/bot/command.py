"""`/oddspot`: help, or a question whose answer only the person who typed it sees."""

from collections.abc import Callable
from typing import Any

from slack_bolt import App

from agent.bot.conversations import Conversations
from agent.bot.missed import MissedCommand
from agent.bot.question import Question, question_text
from agent.messages.words import HELP, READING

COMMAND = "/oddspot"
ASKS_FOR_HELP = frozenset({"", "help", "?"})


class Command:
    """Answers the slash command."""

    def __init__(self, conversations: Conversations, missed: MissedCommand) -> None:
        self._conversations = conversations
        self._missed = missed

    def register(self, app: App) -> None:
        """Listen to the command."""
        app.command(COMMAND)(self._on_command)

    def _on_command(self, ack: Callable[..., object], body: dict[str, Any], respond: Callable[..., object]) -> None:
        text = question_text(str(body.get("text") or ""))
        if text.lower() in ASKS_FOR_HELP:
            ack(text=HELP, response_type="ephemeral")
            return
        if self._missed.answers(text):
            ack()
            if self._missed.is_new(body["trigger_id"]):
                respond(text=self._missed.ask(body, text), response_type="ephemeral")
            return
        ack(text=f"Oddspot {READING}", response_type="ephemeral")
        team, channel = str(body.get("team_id") or ""), str(body["channel_id"])
        question = Question(text, team, channel, thread_ts=f"command-{body['user_id']}")
        self._conversations.ask_aside(body["trigger_id"], question, respond)
