"""Put an answer's files into its thread, after its words; what cannot be sent is only logged."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import structlog
from slack_sdk import WebClient

from agent.assistant.answer import Answer
from agent.bot.answer_files import AnswerFile, Desk, pictures_of, tables_of
from agent.bot.question import Question
from agent.messages.message import ALT_TEXT
from agent.messages.safe_text import cut
from agent.notifiers.slack_errors import SlackTrouble, explain
from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database

logger = structlog.get_logger()


class ThreadFiles:
    """Makes and uploads files."""

    def __init__(self, client: WebClient, database: Database, blobs: BlobStore, settings: Settings) -> None:
        self._client = client
        self._database = database
        self._blobs = blobs
        self._settings = settings

    def send(
        self, question: Question, answer: Answer, *, wants_table: bool, allowed: tuple[str, ...] | None, now: datetime
    ) -> None:
        """Send the pictures an answer is better with, and its table where one was asked for."""
        desk = Desk(self._database, self._blobs, self._settings, now, allowed)
        try:
            for file in _files(answer, desk, wants_table=wants_table):
                self._upload(question, file)
        except Exception:  # the words stand already: a picture that cannot be drawn must not end the thread's worker
            logger.exception("answer_file_not_made", thread=question.thread)

    def _upload(self, question: Question, file: AnswerFile) -> None:
        try:
            self._client.files_upload_v2(
                channel=question.channel,
                thread_ts=question.thread_ts,
                content=file.content,
                filename=file.name,
                title=file.title,
                alt_txt=cut(file.alt_text, ALT_TEXT // 2) if file.is_picture else None,
            )
        except SlackTrouble as error:
            reason = explain(question.channel, error).reason
            logger.warning("answer_file_not_sent", thread=question.thread, file=file.name, reason=reason)


def _files(answer: Answer, desk: Desk, *, wants_table: bool) -> Iterator[AnswerFile]:
    tables: Iterable[AnswerFile] = tables_of(answer) if wants_table else ()
    yield from tables
    yield from pictures_of(answer, desk)
