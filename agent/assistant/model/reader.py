"""Ask the language model, check what it says, and have it say it again once where it is not grounded."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, Queue
from time import monotonic
from typing import Any

import structlog
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from agent.assistant.grounding import ungrounded
from agent.assistant.model.prompt import CALL_A_TOOL, REPEAT, SYSTEM
from agent.assistant.model.toolbox import Toolbox
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.result import ToolResult, ToolStatus
from agent.errors import AgentError
from config.settings import AssistantSettings

logger = structlog.get_logger(__name__)

NO_KEY = "none"


class ModelError(AgentError):
    """The language model did not answer."""

    permanent = False

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"The language model {model} did not answer: {reason}")


@dataclass(frozen=True, slots=True)
class Said:
    """What the model said, with the results it had; is_grounded False: the results have to speak for themselves."""

    text: str
    results: tuple[ToolResult, ...]
    is_grounded: bool


def open_model(settings: AssistantSettings) -> BaseChatModel:
    """Make the chat model that the settings name; raise ModelError."""
    options: dict[str, Any] = {"timeout": settings.time_limit_seconds, "max_retries": 1}
    if settings.base_url:
        options["base_url"] = settings.base_url
    if settings.api_key or settings.base_url:
        options["api_key"] = settings.api_key.get_secret_value() if settings.api_key else NO_KEY
    try:
        model = init_chat_model(settings.model, **options)
    except (ImportError, ValueError, TypeError) as error:
        raise ModelError(settings.model or "", _in_one_line(error)) from error
    if not isinstance(model, BaseChatModel):
        raise ModelError(settings.model or "", "it is no chat model")
    return model


class ModelReader:
    """Answers one question at a time with a chat model, within the limits of the settings."""

    def __init__(self, model: BaseChatModel, settings: AssistantSettings) -> None:
        self._model = model
        self._settings = settings

    def ask(self, question: str, history: list[AnyMessage], context: ToolContext) -> Said:
        """Return what the model says within the time limit; raise ModelError."""
        toolbox = Toolbox(context)
        messages = [*history, HumanMessage(question)]
        deadline = monotonic() + self._settings.time_limit_seconds
        return self._in_time(lambda: self._converse(messages, toolbox, context, deadline), deadline)

    def _converse(self, messages: list[AnyMessage], toolbox: Toolbox, context: ToolContext, deadline: float) -> Said:
        calls_left = self._settings.max_model_calls
        text = ""
        for _ in range(2):
            messages, calls_left = self._run(messages, toolbox, calls_left)
            text = _text_of(messages)
            problem = _problem(text, toolbox.results, context)
            if problem is None:
                return Said(text, tuple(toolbox.results), is_grounded=True)
            logger.info("answer_not_grounded", problem=problem)
            if calls_left <= 0 or monotonic() > deadline:
                break
            messages = [*messages, HumanMessage(problem)]
        return Said(text, tuple(toolbox.results), is_grounded=False)

    def _run(self, messages: list[AnyMessage], toolbox: Toolbox, calls: int) -> tuple[list[AnyMessage], int]:
        limit: ModelCallLimitMiddleware[Any, Any] = ModelCallLimitMiddleware(run_limit=calls, exit_behavior="error")
        agent = create_agent(self._model, tools=toolbox.tools(), system_prompt=SYSTEM, middleware=[limit])
        config: Any = {"recursion_limit": 4 * calls + 4}
        state: dict[str, Any] = agent.invoke({"messages": messages}, config=config)  # type: ignore[call-overload,unused-ignore]
        found: list[AnyMessage] = state["messages"]
        used = sum(isinstance(message, AIMessage) for message in found[len(messages) :])
        return found, calls - used

    def _in_time(self, work: Callable[[], Said], deadline: float) -> Said:
        """Run in a thread that is left behind when time is up: a server that drips bytes would hold us for ever."""
        done: Queue[Said | Exception] = Queue()

        def run() -> None:
            try:
                done.put(work())
            except Exception as error:  # noqa: BLE001 - any provider raises its own errors; the built-in reader answers
                done.put(error)

        threading.Thread(target=run, name="language-model", daemon=True).start()
        try:
            outcome = done.get(timeout=max(0.0, deadline - monotonic()))
        except Empty:
            raise ModelError(self._name, f"no answer in {self._settings.time_limit_seconds:g} s") from None
        if isinstance(outcome, ModelCallLimitExceededError):
            raise ModelError(self._name, f"no answer in {self._settings.max_model_calls} calls") from outcome
        if isinstance(outcome, Exception):
            raise ModelError(self._name, _in_one_line(outcome)) from outcome
        return outcome

    @property
    def _name(self) -> str:
        return self._settings.model or ""


def _problem(text: str, results: list[ToolResult], context: ToolContext) -> str | None:
    """Return what to tell the model about its answer, None where it stands."""
    useful = [result for result in results if result.status is not ToolStatus.ERROR]
    if not text:
        return CALL_A_TOOL
    said = ungrounded(text, useful, now=context.now)
    if said:
        return REPEAT.format(said="; ".join(said[:10]))
    is_question = text.rstrip().endswith("?")
    return None if useful or is_question else CALL_A_TOOL


def _text_of(messages: list[AnyMessage]) -> str:
    last = messages[-1]
    return str(last.text).strip() if isinstance(last, AIMessage) else ""


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
