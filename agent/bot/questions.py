"""A question from a mention, a direct message, a button or a slash command: always answered, in its thread."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog
from slack_sdk import WebClient

from agent.assistant.answer import Answer, AnswerStatus
from agent.bot.askers import Askers
from agent.bot.asking import Asker
from agent.bot.attached import answer_to_attached
from agent.bot.exporting import take_export
from agent.bot.question import Question
from agent.bot.thread_files import ThreadFiles
from agent.messages.answer_message import answer_message, feedback_block, without_feedback
from agent.messages.confirm_message import confirm_message
from agent.messages.message import Message
from agent.messages.safe_text import cut
from agent.messages.words import EMPTY_QUESTION, NO_FILE_ASIDE, NOTHING_TO_EXPORT, READING, SORRY
from agent.notifiers.port import BadContentError, NotifyError
from agent.notifiers.slack_errors import SlackTrouble, explain

logger = structlog.get_logger()
REPLY_TRIES = 4
LONGEST_STATUS = 50
REMEMBERED_QUESTIONS = 500
JUDGED = {AnswerStatus.ANSWERED, AnswerStatus.NO_DATA}


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said, and the answer it says, where there is one."""

    message: Message
    answer: Answer | None = None
    wants_table: bool = False
    allowed: tuple[str, ...] | None = None


class Answerer:
    """Asks the assistant, one question at a time a thread, and replies whatever happens."""

    def __init__(
        self, client: WebClient, assistant: Asker, askers: Askers, files: ThreadFiles, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._assistant = assistant
        self._askers = askers
        self._files = files
        self._clock = clock
        self._locks: dict[str, tuple[threading.Lock, int]] = {}
        self._last: OrderedDict[str, str] = OrderedDict()
        self._guard = threading.Lock()

    def answer(self, question: Question) -> None:
        """Answer in the thread; an error is told kindly and logged. Pictures and tables follow the words."""
        self.set_status(question, READING)
        reply = self._reply_to(question, is_aside=False)
        if self._send(question, reply.message) and reply.answer is not None:
            self._files.send(
                question, reply.answer, wants_table=reply.wants_table, allowed=reply.allowed, now=self._clock()
            )

    def answer_aside(self, question: Question, respond: Callable[..., object]) -> None:
        """Answer so that only the person who asked sees it, through the response URL of what they did."""
        message = self._reply_to(question, is_aside=True).message
        try:
            respond(text=message.text, blocks=list(message.blocks) or None, response_type="ephemeral")
        except SlackTrouble as error:
            reason = explain(question.channel, error).reason
            logger.error("answer_not_delivered", thread=question.thread, reason=reason)  # noqa: TRY400 - the same

    def _reply_to(self, question: Question, *, is_aside: bool) -> Reply:
        try:
            refusal = self._askers.refusal(question)
            return Reply(Message(refusal)) if refusal is not None else self._ask(question, is_aside=is_aside)
        except Exception:
            logger.exception("question_not_answered", thread=question.thread)
            return Reply(Message(SORRY))

    def _ask(self, question: Question, *, is_aside: bool) -> Reply:
        about_files = answer_to_attached(question)
        if about_files is not None and not question.text:
            return Reply(Message(about_files))
        if not question.text:
            return Reply(Message(EMPTY_QUESTION))
        wanted = take_export(question.text)
        with self._alone(question.thread):
            text = wanted.text or self._last.get(question.thread, "")
            if not text:
                return Reply(Message(NOTHING_TO_EXPORT))
            allowed = self._askers.sources(question)
            now, thread = self._clock(), question.thread
            answer = self._assistant.ask(
                text,
                now=now,
                thread=thread,
                source_limit=allowed,
                progress=_InThread(self, question, is_aside=is_aside),
            )
            self._remember(thread, text)
        note = NO_FILE_ASIDE if is_aside and wanted.is_file else about_files
        message = self._shown(answer, text, note=note, is_aside=is_aside)
        return Reply(message, answer, wanted.is_file, allowed)

    def _shown(self, answer: Answer, asked: str, *, note: str | None, is_aside: bool) -> Message:
        if answer.proposal is not None:
            return confirm_message(answer.proposal.words, answer.proposal.as_json())
        judged = not is_aside and answer.status in JUDGED
        thumbs = feedback_block(asked, [tool.name for tool in answer.tools]) if judged else None
        text = f"{answer.text}\n{note}" if note else answer.text
        footnote = answer.footnote if answer.usage is not None else ""  # our own reader says its window itself
        return answer_message(text, answer.choices, feedback=thumbs, footnote=footnote)

    def _remember(self, thread: str, text: str) -> None:
        """Keep what a thread asked last, for `as csv` alone."""
        with self._guard:
            self._last[thread] = text
            self._last.move_to_end(thread)
            while len(self._last) > REMEMBERED_QUESTIONS:
                self._last.popitem(last=False)

    def set_status(self, question: Question, status: str) -> None:
        """Show what is being done, where a workspace can show it."""
        try:
            self._client.assistant_threads_setStatus(
                channel_id=question.channel,
                thread_ts=question.thread_ts,
                status=status,
            )
        except SlackTrouble as error:  # older workspaces and test servers have no status
            logger.debug("no_status", reason=explain(question.channel, error).reason)

    def _send(self, question: Question, message: Message) -> bool:
        """Post a reply, with less in it where Slack refuses what it holds; say whether it arrived."""
        simpler = [without_feedback(message), message.as_plain_text()]
        for attempt in range(REPLY_TRIES):
            try:
                self._post(question, message)
            except BadContentError as error:
                logger.warning("answer_simplified", thread=question.thread, reason=error.reason)
                if not simpler:
                    return False
                message = simpler.pop(0)
            except NotifyError as error:
                if error.permanent or attempt == REPLY_TRIES - 1:
                    logger.error("answer_not_delivered", thread=question.thread, reason=error.reason)  # noqa: TRY400 - no trace wanted
                    return False
                time.sleep(2.0**attempt if error.retry_after is None else min(error.retry_after, 60.0))
            else:
                return True
        return False

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


class _InThread:
    """Shows in a thread what is being done about its question; the answer itself is posted once it is whole."""

    def __init__(self, answerer: Answerer, question: Question, *, is_aside: bool) -> None:
        self._answerer = answerer
        self._question = question
        self._is_aside = is_aside

    def doing(self, status: str) -> None:
        """Show a status; aside, nobody but the person who asked is to see anything."""
        if not self._is_aside:
            self._answerer.set_status(self._question, cut(status, LONGEST_STATUS))

    def said(self, text: str) -> None:
        """Leave the answer to its message."""
