"""The assistant: a question becomes an answer from the record, with a language model or without one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic, perf_counter
from typing import TYPE_CHECKING

import structlog

from agent.assistant.answer import Answer, AnswerStatus
from agent.assistant.asking_back import Read
from agent.assistant.built_in import answer_built_in, needs_no_model
from agent.assistant.errors import ModelError
from agent.assistant.footnote import footnote
from agent.assistant.memory import ThreadMemory
from agent.assistant.other_languages import answer_to_other_language
from agent.assistant.progress import Guarded, Progress, Quiet
from agent.assistant.reading.learning import is_learned, learned_reader
from agent.assistant.reading.remembered import Remembered
from agent.assistant.replies import (
    EMPTY,
    FAILED,
    LONGEST_QUESTION,
    MODEL_FAILED,
    ONE_AT_A_TIME,
    TOO_LONG,
    example_questions,
)
from agent.assistant.seeing import seeing_words
from agent.assistant.several import questions_in
from agent.assistant.tools.context import ToolContext
from config.settings import Settings
from storage.database import Database
from storage.errors import StorageError

if TYPE_CHECKING:
    from agent.assistant.model.answers import ModelAnswers

LOCKS = 64
LEAST_RESERVE_SECONDS = 1.0
TRIED_OUT = "How many anomalies today?"

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question; until: when a model has to be done with it, in monotonic seconds."""

    text: str
    context: ToolContext
    thread: str
    shown: Progress
    until: float
    last: Remembered | None = None


class Assistant:
    """Answers questions; it never changes anything. Safe to use from several threads."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._memory = ThreadMemory(settings.storage.data_dir)
        self._locks = tuple(threading.Lock() for _ in range(LOCKS))
        self._opening = threading.Lock()
        self._model_answers: ModelAnswers | None = None

    @property
    def is_prepared(self) -> bool:
        """Whether this machine has learned how people ask."""
        return is_learned(self._settings.storage.data_dir)

    def prepare(self, is_wanted: Callable[[], bool] = lambda: True) -> None:
        """Load what answers, so that no question waits for it; learn how people ask, where this machine has not yet.

        Loading takes seconds, learning half a minute, once. Raise NotWantedError some seconds after is_wanted says no.
        """
        learned_reader(self._settings.storage.data_dir, is_wanted)
        if is_wanted():
            self._try_out()
        if is_wanted() and self._settings.assistant.model is not None:
            self._modelled().prepare()

    def ask(
        self,
        question: str,
        *,
        now: datetime,
        thread: str = "",
        source_limit: Sequence[str] | None = None,
        progress: Progress | None = None,
    ) -> Answer:
        """Answer one question as of `now`; a thread has a memory, source_limit names the sources that may be seen.

        progress is shown what is being done, and then the answer's words, once they are checked.
        """
        started = perf_counter()
        until = monotonic() + time_for_the_model(self._settings.assistant.time_limit_seconds)
        allowed = None if source_limit is None else tuple(source_limit)
        context = ToolContext(self._database, self._settings, now, allowed)
        shown = Quiet() if progress is None else Guarded(progress)
        with self._alone(thread):
            try:
                answer = self._answer(_Asked(question.strip(), context, thread, shown, until))
            except StorageError as error:
                logger.warning("question_not_answered", reason=str(error))
                answer = Answer(FAILED.format(reason=error), AnswerStatus.ERROR)
        answer = replace(answer, milliseconds=(perf_counter() - started) * 1000)
        shown.said(answer.text)
        return replace(answer, footnote=footnote(answer))

    def _answer(self, asked: _Asked) -> Answer:
        refused = self._refused(asked.text)
        if refused is not None:
            return refused
        settings = self._settings.assistant
        several = questions_in(asked.text) if settings.model is None or settings.mode == "picks" else []
        if len(several) > 1:
            return self._first_of(several, asked)
        if asked.thread:
            asked = replace(asked, last=self._memory.last(asked.thread))
        if settings.model is None or needs_no_model(asked.text):
            return self._built_in(asked)
        seen = self._seen(asked) if settings.vision and seeing_words().search(asked.text) else None
        if seen is not None:
            return seen
        return self._picked(asked) if settings.mode == "picks" else self._with_model(asked)

    def _try_out(self) -> None:
        """Answer one question for nobody: words, rules and queries are read and compiled when they are first needed."""
        try:
            answer_built_in(TRIED_OUT, ToolContext(self._database, self._settings, datetime.now(UTC), None), None)
        except StorageError as error:
            logger.warning("record_not_read", reason=str(error))

    def _refused(self, text: str) -> Answer | None:
        """Answer what is no question that can be read; a language model reads every language."""
        if not any(character.isalnum() for character in text):
            return Answer(EMPTY, AnswerStatus.ASKED_BACK, example_questions(()))
        if len(text) > LONGEST_QUESTION:
            return Answer(TOO_LONG, AnswerStatus.REFUSED)
        other = answer_to_other_language(text) if self._settings.assistant.model is None else None
        return None if other is None else Answer(other, AnswerStatus.REFUSED)

    def _first_of(self, several: list[str], asked: _Asked) -> Answer:
        """Answer the first question that can be answered, and offer the others."""
        for number, question in enumerate(several):
            answer = self._answer(replace(asked, text=question))
            if answer.status in {AnswerStatus.ANSWERED, AnswerStatus.NO_DATA} or number == len(several) - 1:
                break
        others = tuple(one for one in several if one != question)
        return replace(answer, text=f"{answer.text}\n{ONE_AT_A_TIME}", choices=others)

    def _built_in(self, asked: _Asked) -> Answer:
        return self._kept(answer_built_in(asked.text, asked.context, asked.last), asked)

    def _kept(self, read: Read, asked: _Asked) -> Answer:
        if asked.thread and read.remembered is not None:
            self._memory.keep(asked.thread, read.remembered, now=asked.context.now)
        return read.answer

    def _with_model(self, asked: _Asked) -> Answer:
        """Let the model answer; where it does not, the built-in reader does."""
        model = self._modelled()
        answer = model.answer(asked.text, asked.context, asked.thread, asked.shown, asked.until)
        given = self._told(answer or self._built_in(asked), asked, is_down=answer is None)
        if asked.thread:
            model.remember(asked.thread, asked.text, given.text)
        if asked.thread and answer is not None:  # so that a follow-up is understood should the model be gone by then
            self._built_in(asked)
        return given

    def _picked(self, asked: _Asked) -> Answer:
        """Let the built-in reader answer what it is sure of, and the model pick what is meant where it asks back."""
        read = answer_built_in(asked.text, asked.context, asked.last)
        if read.answer.status not in {AnswerStatus.ASKED_BACK, AnswerStatus.REFUSED}:
            return self._kept(read, asked)
        is_down = False
        try:
            picked = self._modelled().pick(asked.text, asked.context, asked.last, asked.shown, asked.until)
        except ModelError:
            picked, is_down = None, True
        return self._told(self._kept(picked or read, asked), asked, is_down=is_down)

    def _seen(self, asked: _Asked) -> Answer | None:
        """Tell one anomaly from the record with a model's opinion of its pictures; None where none is asked about."""
        read = answer_built_in(asked.text, asked.context, asked.last)
        is_one = [tool.name for tool in read.answer.tools] == ["get_anomaly"] and len(read.answer.ids) == 1
        if not is_one:
            return None
        given, is_down = self._kept(read, asked), False
        try:
            given = self._modelled().look(asked.text, given, asked.context, asked.shown, asked.until)
        except ModelError:
            is_down = True
        if asked.thread:
            self._modelled().remember(asked.thread, asked.text, given.text)
        return self._told(given, asked, is_down=is_down)

    def _told(self, answer: Answer, asked: _Asked, *, is_down: bool) -> Answer:
        """Say once a thread that the model failed."""
        was_told = bool(asked.thread) and self._memory.is_model_down(asked.thread)
        if asked.thread:
            self._memory.set_model_down(asked.thread, is_down=is_down, now=asked.context.now)
        return replace(answer, text=f"{answer.text}\n{MODEL_FAILED}") if is_down and not was_told else answer

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


def time_for_the_model(limit_seconds: float) -> float:
    """Return how much of the time limit a model has; the rest is the built-in reader's, should it not be done."""
    return limit_seconds - min(limit_seconds / 3, max(LEAST_RESERVE_SECONDS, limit_seconds / 10))
