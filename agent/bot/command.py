"""`/oddspot`: its subcommands, and anything else as a question; only the person who typed it sees the answer."""

import re
from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt import App

from agent.bot.askers import Askers
from agent.bot.conversations import Conversations
from agent.bot.missed import MissedCommand
from agent.bot.question import Question, home_of, question_text
from agent.bot.standing_command import StandingCommand
from agent.messages.message import Message
from agent.messages.words import HELP, READING, SILENCE_USAGE, SORRY
from agent.notifiers.slack_errors import SlackTrouble, explain
from config.errors import OddspotError

logger = structlog.get_logger()
COMMAND = "/oddspot"
ASKS_FOR_HELP = frozenset({"", "help", "?"})
ASK = re.compile(r"ask\b[:,]?\s+(?P<question>.+)", re.IGNORECASE)
SILENCE = re.compile(
    r"(?:silence|mute|snooze)\s+(?P<what>\S+)(?:\s+(?:for\s+)?(?P<length>\d[\w. ]*))?(?P<rest>.*)", re.IGNORECASE
)


class Command:
    """Answers the slash command."""

    def __init__(
        self, conversations: Conversations, missed: MissedCommand, standing: StandingCommand, askers: Askers
    ) -> None:
        self._conversations = conversations
        self._missed = missed
        self._standing = standing
        self._askers = askers

    def register(self, app: App) -> None:
        """Listen to the command."""
        app.command(COMMAND)(self._on_command)

    def _on_command(
        self, ack: Callable[..., object], body: dict[str, Any], respond: Callable[..., object], context: Any
    ) -> None:
        text = question_text(str(body.get("text") or ""))
        first, _, rest = text.partition(" ")
        if text.lower() in ASKS_FOR_HELP:
            ack(text=HELP, response_type="ephemeral")
        elif self._missed.answers(text):
            ack()
            if self._missed.is_new(body["trigger_id"]):
                respond(text=self._missed.ask(body, text), response_type="ephemeral")
        elif first.lower() in {"status", "report"} and _are_names(first, rest):
            ack(text=f"Oddspot {READING}", response_type="ephemeral")
            shown = self._stands(first.lower(), rest.split(), _question(body, text, home_of(context)))
            _tell(respond, shown, body)
        elif text.lower() in {"silence", "mute", "snooze"}:
            ack(text=SILENCE_USAGE, response_type="ephemeral")
        else:
            ack(text=f"Oddspot {READING}", response_type="ephemeral")
            self._conversations.ask_aside(body["trigger_id"], _question(body, meant(text), home_of(context)), respond)

    def _stands(self, what: str, words: list[str], question: Question) -> Message:
        try:
            refusal = self._askers.refusal(question)
            if refusal is not None:
                return Message(refusal)
            read = self._standing.status if what == "status" else self._standing.report
            return read(words, self._askers.sources(question))
        except OddspotError as error:
            logger.warning("command_not_answered", command=what, reason=str(error))
            return Message(str(error) if error.permanent else SORRY)


def meant(text: str) -> str:
    """Return the question or wish behind `ask ...` and `silence line-1 2h`."""
    asked = ASK.fullmatch(text)
    if asked is not None:
        return asked["question"]
    silenced = SILENCE.fullmatch(text)
    if silenced is not None and silenced["length"]:
        return f"silence {silenced['what']} for {silenced['length'].strip()}{silenced['rest']}"
    return text


def _are_names(first: str, rest: str) -> bool:
    """Say whether what follows a subcommand can be names: `report card of line-1?` is a question."""
    return "?" not in rest and len(rest.split()) <= (1 if first.lower() == "status" else 2)


def _question(body: dict[str, Any], text: str, home: str) -> Question:
    team, channel, user = str(body.get("team_id") or ""), str(body["channel_id"]), str(body["user_id"])
    return Question(text, team, channel, thread_ts=f"command-{user}", user=user, home=home)


def _tell(respond: Callable[..., object], shown: Message, body: dict[str, Any]) -> None:
    try:
        respond(text=shown.text, blocks=list(shown.blocks) or None, response_type="ephemeral")
    except SlackTrouble as error:
        reason = explain(str(body["channel_id"]), error).reason
        logger.error("answer_not_delivered", command=body.get("text"), reason=reason)  # noqa: TRY400 - the same
