"""Answers through the language model, remembered by thread; None where it failed."""

import re
import threading
from dataclasses import replace

import structlog
from langchain_core.messages import AnyMessage

from agent.assistant.answer import Answer, AnswerStatus
from agent.assistant.answers.compose import table
from agent.assistant.answers.phrases import searched
from agent.assistant.built_in import from_results
from agent.assistant.model.conversation import Conversation, open_conversation
from agent.assistant.model.reader import ModelError, ModelReader, Said, open_model
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.result import ToolResult, ToolStatus
from config.settings import Settings

MOST_SHOWN = 3

logger = structlog.get_logger(__name__)


class ModelAnswers:
    """The language model of the settings, opened when it is first asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._reader: ModelReader | None = None
        self._conversation: Conversation | None = None

    def answer(self, text: str, context: ToolContext, thread: str) -> Answer | None:
        """Answer a question; None where the model failed or gave nothing that stands on a tool's result."""
        try:
            reader = self._opened()
            said = reader.ask(text, self._history(thread), context)
        except ModelError as error:
            logger.warning("model_failed", reason=str(error))
            return None
        return self._checked(said)

    def remember(self, thread: str, question: str, answer: str) -> None:
        """Keep what was really answered for the thread's next question; a memory that fails is only logged."""
        try:
            self._memory().add(thread, question, answer)
        except Exception as error:  # noqa: BLE001 - each checkpointer has its own driver's errors; the answer stands
            logger.warning("thread_not_remembered", reason=str(error))

    def _history(self, thread: str) -> list[AnyMessage]:
        if not thread:
            return []
        try:
            return self._memory().messages(thread)
        except Exception as error:  # noqa: BLE001 - each checkpointer has its own driver's errors; the answer stands
            logger.warning("thread_not_recalled", reason=str(error))
            return []

    def _checked(self, said: Said) -> Answer | None:
        """Turn what was said into an answer; ungrounded words are replaced by the results' own table."""
        name = self._settings.assistant.model or ""
        useful = [result for result in said.results if result.status is not ToolStatus.ERROR]
        if not useful:
            is_question = said.is_grounded and said.text.endswith("?")
            return Answer(said.text, AnswerStatus.ASKED_BACK, model=name) if is_question else None
        text = f"{said.text}\n({_searched(useful)})" if said.is_grounded else table(useful)
        answer = from_results(text, useful)
        mentioned = tuple(shown for shown in answer.ids if re.search(rf"(?<![\w-]){shown}(?!\d)", answer.text))
        return replace(answer, model=name, ids=mentioned)

    def _opened(self) -> ModelReader:
        with self._lock:
            if self._reader is None:
                settings = self._settings.assistant
                self._reader = ModelReader(open_model(settings), settings)
            return self._reader

    def _memory(self) -> Conversation:
        with self._lock:
            if self._conversation is None:
                self._conversation = open_conversation(self._settings.database_url, self._settings.storage.data_dir)
            return self._conversation


def _searched(results: list[ToolResult]) -> str:
    """Return what was looked at, so that a model that looked elsewhere is seen to have done so."""
    shown = [searched(result) for result in results if result.window is not None]
    return "; ".join(list(dict.fromkeys(shown))[:MOST_SHOWN]) or "from the record"
