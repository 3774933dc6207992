"""The assistant: a question becomes an answer from the record, with a language model or without one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING

import structlog

from agent.assistant.answer import Answer, AnswerStatus
from agent.assistant.built_in import answer_built_in, needs_no_model
from agent.assistant.memory import ThreadMemory
from agent.assistant.other_languages import answer_to_other_language
from agent.assistant.reading.follow_ups import Remembered
from agent.assistant.replies import (
    EMPTY,
    FAILED,
    LONGEST_QUESTION,
    MODEL_FAILED,
    ONE_AT_A_TIME,
    TOO_LONG,
    example_questions,
)
from agent.assistant.several import questions_in
from agent.assistant.tools.context import ToolContext
from config.settings import Settings
from storage.database import Database
from storage.errors import StorageError

if TYPE_CHECKING:
    from agent.assistant.model.answers import ModelAnswers

LOCKS = 64

logger = structlog.get_logger(__name__)


class Assistant:
    """Answers questions; it never changes anything. Safe to use from several threads."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._memory = ThreadMemory(settings.storage.data_dir)
        self._locks = tuple(threading.Lock() for _ in range(LOCKS))
        self._opening = threading.Lock()
        self._model_answers: ModelAnswers | None = None

    def ask(
        self,
        question: str,
        *,
        now: datetime,
        thread: str = "",
        source_limit: Sequence[str] | None = None,
    ) -> Answer:
        """Answer one question as of `now`; a thread has a memory, source_limit names the sources that may be seen."""
        started = perf_counter()
        allowed = None if source_limit is None else tuple(source_limit)
        context = ToolContext(self._database, self._settings, now, allowed)
        with self._alone(thread):
            try:
                answer = self._answer(question, context, thread)
            except StorageError as error:
                logger.warning("question_not_answered", reason=str(error))
                answer = Answer(FAILED.format(reason=error), AnswerStatus.ERROR)
        return replace(answer, milliseconds=(perf_counter() - started) * 1000)

    def _answer(self, question: str, context: ToolContext, thread: str) -> Answer:
        text = question.strip()
        if not any(character.isalnum() for character in text):
            return Answer(EMPTY, AnswerStatus.ASKED_BACK, example_questions(()))
        if len(text) > LONGEST_QUESTION:
            return Answer(TOO_LONG, AnswerStatus.REFUSED)
        if self._settings.assistant.model is None:
            other = answer_to_other_language(text)
            if other is not None:
                return Answer(other, AnswerStatus.REFUSED)
            several = questions_in(text)
            if len(several) > 1:
                return self._first_of(several, context, thread)
        last = self._memory.last(thread) if thread else None
        if self._settings.assistant.model is None or needs_no_model(text):
            return self._built_in(text, context, thread, last)
        return self._with_model(text, context, thread, last)

    def _first_of(self, several: list[str], context: ToolContext, thread: str) -> Answer:
        """Answer the first question that can be answered, and offer the others."""
        for number, question in enumerate(several):
            answer = self._answer(question, context, thread)
            if answer.status in {AnswerStatus.ANSWERED, AnswerStatus.NO_DATA} or number == len(several) - 1:
                break
        others = tuple(one for one in several if one != question)
        return replace(answer, text=f"{answer.text}\n{ONE_AT_A_TIME}", choices=others)

    def _built_in(self, text: str, context: ToolContext, thread: str, last: Remembered | None) -> Answer:
        read = answer_built_in(text, context, last)
        if thread and read.remembered is not None:
            self._memory.keep(thread, read.remembered, now=context.now)
        return read.answer

    def _with_model(self, text: str, context: ToolContext, thread: str, last: Remembered | None) -> Answer:
        """Let the model answer; where it does not, the built-in reader does, and says so once a thread."""
        answer = self._modelled().answer(text, context, thread)
        if answer is None:
            was_told = bool(thread) and self._memory.is_model_down(thread)
            found = self._built_in(text, context, thread, last)
            given = found if was_told else replace(found, text=f"{found.text}\n{MODEL_FAILED}")
        else:
            given = answer
        if thread:
            self._modelled().remember(thread, text, given.text)
            self._memory.set_model_down(thread, is_down=answer is None, now=context.now)
        return given

    def _modelled(self) -> ModelAnswers:
        """Load LangChain only when a model is configured: it costs a second and much memory."""
        from agent.assistant.model.answers import ModelAnswers  # noqa: PLC0415 - see above

        with self._opening:
            if self._model_answers is None:
                self._model_answers = ModelAnswers(self._settings)
            return self._model_answers

    @contextmanager
    def _alone(self, thread: str) -> Iterator[None]:
        """Let one question of a thread at a time be answered, so that a follow-up sees what it follows."""
        if not thread:
            yield
            return
        with self._locks[hash(thread) % LOCKS]:
            yield
