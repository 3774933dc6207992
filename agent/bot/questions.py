"""A question from a mention, a direct message, a button or a slash command: always answered, in its thread."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog
from slack_sdk import WebClient

from agent.bot.asking import Asker
from agent.messages.answer_message import answer_message
from agent.messages.message import Message
from agent.messages.words import EMPTY_QUESTION, READING, SORRY
from agent.notifiers.port import NotifyError
from agent.notifiers.slack_errors import SlackTrouble, explain

logger = structlog.get_logger()
MENTION = re.compile(r"<@[A-Z0-9]+(\|[^>]*)?>")
LINK = re.compile(r"<(?:[#@!][^|>]*|[^|>]*)\|([^>]*)>")
MOST_CHARACTERS = 2000
REPLY_TRIES = 4
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, and the thread it is answered in."""

    text: str
    team: str
    channel: str
    thread_ts: str

    @property
    def thread(self) -> str:
        """The name of the conversation, for the assistant's memory."""
        return f"{self.team}:{self.channel}:{self.thread_ts}"


class Answerer:
    """Asks the assistant, one question at a time a thread, and replies whatever happens."""

    def __init__(self, client: WebClient, assistant: Asker, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._assistant = assistant
        self._clock = clock
        self._locks: dict[str, tuple[threading.Lock, int]] = {}
        self._guard = threading.Lock()

    def answer(self, question: Question) -> None:
        """Answer in the thread; an error is told kindly and logged."""
        self._set_status(question)
        self._reply(question, self._ask(question))

    def answer_aside(self, question: Question, respond: Callable[..., object]) -> None:
        """Answer so that only the person who asked sees it, through the response URL of what they did."""
        message = self._ask(question)
        try:
            respond(text=message.text, blocks=list(message.blocks) or None, response_type="ephemeral")
        except SlackTrouble as error:
            reason = explain(question.channel, error).reason
            logger.error("answer_not_delivered", thread=question.thread, reason=reason)  # noqa: TRY400 - the same

    def _ask(self, question: Question) -> Message:
        if not question.text:
            return Message(EMPTY_QUESTION)
        try:
            with self._alone(question.thread):
                answer = self._assistant.ask(question.text, now=self._clock(), thread=question.thread)
        except Exception:
            logger.exception("question_not_answered", thread=question.thread)
            return Message(SORRY)
        return answer_message(answer.text, answer.choices)

    def _set_status(self, question: Question) -> None:
        try:
            self._client.assistant_threads_setStatus(
                channel_id=question.channel,
                thread_ts=question.thread_ts,
                status=READING,
            )
        except SlackTrouble as error:  # older workspaces and test servers have no status
            logger.debug("no_status", reason=explain(question.channel, error).reason)

    def _reply(self, question: Question, message: Message) -> None:
        for attempt in range(REPLY_TRIES):
            try:
                self._post(question, message)
            except NotifyError as error:
                if error.permanent or attempt == REPLY_TRIES - 1:
                    logger.error("answer_not_delivered", thread=question.thread, reason=error.reason)  # noqa: TRY400 - no trace wanted
                    return
                time.sleep(2.0**attempt if error.retry_after is None else min(error.retry_after, 60.0))
            else:
                return

    def _post(self, question: Question, message: Message) -> None:
        try:
            self._client.chat_postMessage(
                channel=question.channel,
                thread_ts=question.thread_ts,
                text=message.text,
                blocks=list(message.blocks) or None,
                unfurl_links=False,
                unfurl_media=False,
            )
        except SlackTrouble as error:
            raise explain(question.channel, error) from None

    @contextmanager
    def _alone(self, thread: str) -> Iterator[None]:
        with self._guard:
            lock, waiting = self._locks.get(thread, (threading.Lock(), 0))
            self._locks[thread] = (lock, waiting + 1)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, waiting = self._locks[thread]
                self._locks[thread] = (lock, waiting - 1)
                if waiting == 1:
                    del self._locks[thread]


def question_text(text: str) -> str:
    """Return what a person meant: without the mention that calls us, links as they read, entities as signs."""
    plain = LINK.sub(r"\1", MENTION.sub(" ", text))
    for entity, sign in ENTITIES:
        plain = plain.replace(entity, sign)
    return " ".join(plain.split())[:MOST_CHARACTERS]
