"""Answers through the language model, remembered by thread; None where it failed."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import TypeVar

import structlog
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AnyMessage

from agent.assistant.answer import Answer, AnswerStatus
from agent.assistant.answers.compose import table
from agent.assistant.answers.phrases import searched
from agent.assistant.asking_back import Read
from agent.assistant.built_in import answer_reading
from agent.assistant.errors import ModelError
from agent.assistant.footnote import priced
from agent.assistant.from_results import from_results
from agent.assistant.model.bounded import Patience
from agent.assistant.model.conversation import Conversation, open_conversation
from agent.assistant.model.opening import Place, open_model, places_of
from agent.assistant.model.picks import Picker, needs_pick
from agent.assistant.model.reader import ModelReader, Run, Said
from agent.assistant.model.usage import Limits, Meter
from agent.assistant.model.vision import Onlooker
from agent.assistant.progress import Progress
from agent.assistant.reading.known import known_names
from agent.assistant.reading.remembered import Remembered
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.result import ToolResult, ToolStatus
from config.settings import Settings

T = TypeVar("T")
MOST_SHOWN = 3
SHARE_OF_TIME = 0.6  # what a model may take of the time where another waits to be asked after it

logger = structlog.get_logger(__name__)


class ModelAnswers:
    """The language models of the settings, opened when they are first asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._models: dict[Place, BaseChatModel] = {}
        self._conversation: Conversation | None = None
        self._patience = Patience()

    def prepare(self) -> None:
        """Open the models and the memory, which takes seconds; what cannot be opened is told when it is asked."""
        for place in places_of(self._settings.assistant):
            try:
                self._opened(place)
            except ModelError as error:
                logger.warning("model_not_opened", reason=str(error))
        self._history("nobody")

    def answer(self, text: str, context: ToolContext, thread: str, progress: Progress, until: float) -> Answer | None:
        """Answer a question; None where the models failed or gave nothing that stands on a tool's result."""
        meter = self._meter(until)
        run = Run(context, meter, progress, _names(context))
        history = self._history(thread)

        def ask(place: Place, deadline: float) -> Answer | None:
            most = self._settings.assistant.max_tool_calls
            reader = ModelReader(self._opened(place), place.model, self._patience, max_tool_calls=most)
            return _checked(reader.ask(text, history, run, deadline), place.model)

        return self._used(self._first(ask, until), meter)

    def pick(
        self, text: str, context: ToolContext, last: Remembered | None, progress: Progress, until: float
    ) -> Read | None:
        """Have a model pick what a question wants where the built-in reader is unsure; None where it picks nothing.

        Raise ModelError where no model answers.
        """
        looked = needs_pick(text, context)
        if looked is None:
            return None
        until = min(until, monotonic() + self._settings.assistant.pick_seconds)
        meter = self._meter(until)

        def ask(place: Place, deadline: float) -> Read | None:
            progress.doing("asking the language model what is meant ...")
            reading = Picker(self._opened(place), place.model, self._patience).pick(looked, meter, deadline)
            if reading is None:
                return None
            read = answer_reading(reading, context, last)
            return replace(read, answer=replace(read.answer, model=place.model))

        read = self._first(ask, until, is_failure_told=True)
        used = None if read is None else self._used(read.answer, meter)
        return None if read is None or used is None else replace(read, answer=used)

    def look(self, text: str, shown: Answer, context: ToolContext, progress: Progress, until: float) -> Answer:
        """Add what a model sees in an anomaly's pictures to what the record says, where it may. Raise ModelError."""
        meter = self._meter(until)
        run = Run(context, meter, progress, _names(context))

        def ask(place: Place, deadline: float) -> Answer | None:
            onlooker = Onlooker(self._opened(place), place.model, self._settings, self._patience)
            opinion = onlooker.opinion(text, shown.ids[0], run, deadline)
            told = f"{shown.text}\n\n{opinion}"
            return None if opinion is None else replace(shown, text=told, model=place.model)

        return self._used(self._first(ask, until, is_failure_told=True), meter) or shown

    def remember(self, thread: str, question: str, answer: str) -> None:
        """Keep what was really answered for the thread's next question; a memory that fails is only logged."""
        try:
            self._memory().add(thread, question, answer)
        except Exception as error:  # noqa: BLE001 - each checkpointer has its own driver's errors; the answer stands
            logger.warning("thread_not_remembered", reason=str(error))

    def _first(
        self, ask: Callable[[Place, float], T | None], until: float, *, is_failure_told: bool = False
    ) -> T | None:
        """Ask one model after the other until one gives something; None, or ModelError, where none does."""
        places = places_of(self._settings.assistant)
        failed: ModelError | None = None
        for number, place in enumerate(places, 1):
            left = max(0.0, until - monotonic())
            deadline = until if number == len(places) else monotonic() + SHARE_OF_TIME * left
            try:
                given = ask(place, deadline)
            except ModelError as error:
                logger.warning("model_failed", reason=str(error))
                failed = error
                continue
            if given is not None:
                return given
            failed = None
        if failed is not None and is_failure_told:
            raise failed
        return None

    def _meter(self, until: float) -> Meter:
        settings = self._settings.assistant
        return Meter(Limits(settings.max_model_calls, settings.max_tokens, until))

    def _used(self, answer: Answer | None, meter: Meter) -> Answer | None:
        return None if answer is None else replace(answer, usage=priced(meter.usage, self._settings.assistant))

    def _opened(self, place: Place) -> BaseChatModel:
        with self._lock:
            if place not in self._models:
                self._models[place] = open_model(place, self._settings.assistant)
            return self._models[place]

    def _history(self, thread: str) -> list[AnyMessage]:
        if not thread:
            return []
        try:
            return self._memory().messages(thread)
        except Exception as error:  # noqa: BLE001 - each checkpointer has its own driver's errors; the answer stands
            logger.warning("thread_not_recalled", reason=str(error))
            return []

    def _memory(self) -> Conversation:
        with self._lock:
            if self._conversation is None:
                self._conversation = open_conversation(self._settings.database_url, self._settings.storage.data_dir)
            return self._conversation


def _checked(said: Said, name: str) -> Answer | None:
    """Turn what was said into an answer; ungrounded words are replaced by the results' own table."""
    useful = [result for result in said.results if result.status is not ToolStatus.ERROR]
    if not useful:
        is_question = said.is_grounded and said.text.endswith("?")
        return Answer(said.text, AnswerStatus.ASKED_BACK, model=name) if is_question else None
    text = f"{said.text}\n({_searched(useful)})" if said.is_grounded else table(useful[-MOST_SHOWN:])
    answer = from_results(text, useful)
    mentioned = tuple(shown for shown in answer.ids if re.search(rf"(?<![\w-]){shown}(?!\d)", answer.text))
    return replace(answer, model=name, ids=mentioned)


def _searched(results: list[ToolResult]) -> str:
    """Return what was looked at, so that a model that looked elsewhere is seen to have done so."""
    shown = [searched(result) for result in results if result.window is not None]
    return "; ".join(list(dict.fromkeys(shown))[:MOST_SHOWN]) or "from the record"


def _names(context: ToolContext) -> tuple[str, ...]:
    """Return the database's names that an answer could say without any result that holds them."""
    known = known_names(context)
    return (*known.sources, *known.detectors, *known.defect_classes)
