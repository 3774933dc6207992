"""Mentions, direct messages and readings chosen by a button: each becomes one question, answered once."""

import re
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import Any

from slack_bolt import App

from agent.bot.looks import Looks
from agent.bot.question import Question, home_of, question_text
from agent.bot.questions import Answerer
from agent.messages.answer_message import ASK_THIS
from storage.database import Database
from storage.repositories.events import is_first_sight

ASKED_BY_PEOPLE = frozenset({None, "file_share", "thread_broadcast"})


class Conversations:
    """Turns what people write to the bot into questions; work happens off the listener's thread."""

    def __init__(
        self,
        database: Database,
        answerer: Answerer,
        executor: Executor,
        clock: Callable[[], datetime],
        looks: Looks,
    ) -> None:
        self._database = database
        self._answerer = answerer
        self._executor = executor
        self._clock = clock
        self._looks = looks

    def register(self, app: App) -> None:
        """Listen to mentions, direct messages and chosen readings."""
        app.event("app_mention")(self._on_mention)
        app.event("message")(self._on_message)
        app.action(re.compile(f"^{ASK_THIS}"))(self._on_choice)

    def ask_once(self, sight: str, question: Question) -> None:
        """Take a question up unless it was seen before: Slack sends events again."""
        with self._database.transaction() as session:
            is_new = is_first_sight(session, sight, now=self._clock())
        if is_new:
            self._executor.submit(self._answerer.answer, question)

    def _on_mention(self, body: dict[str, Any], event: dict[str, Any], context: Any) -> None:
        if _is_from_a_person(event) and not self._looks.take(body, event):
            self.ask_once(body["event_id"], _question(body, event, home_of(context)))

    def _on_message(self, body: dict[str, Any], event: dict[str, Any], context: Any) -> None:
        if event.get("channel_type") == "im" and _is_from_a_person(event) and not self._looks.take(body, event):
            self.ask_once(body["event_id"], _question(body, event, home_of(context)))

    def _on_choice(
        self, ack: Callable[[], object], body: dict[str, Any], respond: Callable[..., object], context: Any
    ) -> None:
        ack()
        container, action = body.get("container") or {}, body["actions"][0]
        channel, team = body["channel"]["id"], body["team"]["id"]
        thread_ts = container.get("thread_ts") or container.get("message_ts") or ""
        question = Question(
            str(action.get("value") or ""), team, channel, thread_ts, body["user"]["id"], home=home_of(context)
        )
        if container.get("is_ephemeral"):
            self.ask_aside(body["trigger_id"], question, respond)
        else:
            self.ask_once(f"choice:{channel}:{container.get('message_ts')}:{action['action_id']}", question)

    def ask_aside(self, sight: str, question: Question, respond: Callable[..., object]) -> None:
        """Take up a question whose answer only the person who asked sees."""
        with self._database.transaction() as session:
            is_new = is_first_sight(session, f"aside:{sight}", now=self._clock())
        if is_new:
            self._executor.submit(self._answerer.answer_aside, question, respond)


def _is_from_a_person(event: dict[str, Any]) -> bool:
    """Say whether a person wrote it, for the first time: bots, ourselves among them, and edits are not answered."""
    is_written = event.get("subtype") in ASKED_BY_PEOPLE and "edited" not in event
    return is_written and not event.get("bot_id") and bool(event.get("user"))


def _question(body: dict[str, Any], event: dict[str, Any], home: str) -> Question:
    return Question(
        text=question_text(str(event.get("text") or "")),
        team=str(body.get("team_id") or ""),
        channel=str(event["channel"]),
        thread_ts=str(event.get("thread_ts") or event["ts"]),
        user=str(event["user"]),
        attached=tuple(str(file.get("filetype") or "") for file in event.get("files") or ()),
        home=home,
    )
