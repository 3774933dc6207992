"""Ask the language model, check what it says, and have it say it again once where it is not grounded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AnyMessage, HumanMessage

from agent.assistant.errors import ModelError
from agent.assistant.model.bounded import LateError, Patience
from agent.assistant.model.opening import in_one_line
from agent.assistant.model.prompt import SYSTEM
from agent.assistant.model.saying import Orderly, problem_of, text_of
from agent.assistant.model.statuses import AGAIN, ASKING, CHECKING
from agent.assistant.model.toolbox import Toolbox
from agent.assistant.model.usage import LimitError, Meter
from agent.assistant.progress import Progress
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.result import ToolResult

TRIES = 2
MOST_STEPS = 400

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """What the model said, with the results it had; is_grounded False: the results have to speak for themselves."""

    text: str
    results: tuple[ToolResult, ...]
    is_grounded: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One question's run: what it may use, which names the database has, and where its progress is shown."""

    context: ToolContext
    meter: Meter
    progress: Progress
    known: Sequence[str] = ()


class ModelReader:
    """Answers one question at a time with a chat model, within the limits of its run."""

    def __init__(self, model: BaseChatModel, name: str, patience: Patience, *, max_tool_calls: int) -> None:
        self._model = model
        self._name = name
        self._patience = patience
        self._max_tool_calls = max_tool_calls

    def ask(self, question: str, history: list[AnyMessage], run: Run, deadline: float) -> Said:
        """Return what the model says before the deadline, in monotonic seconds; raise ModelError."""
        toolbox = Toolbox(run.context, run.progress, most=self._max_tool_calls)
        messages = [*history, HumanMessage(question)]
        try:
            return self._patience.run(lambda: self._converse(messages, toolbox, run), deadline)
        except LateError as error:
            raise ModelError(self._name, str(error)) from None
        except Exception as error:  # any provider raises its own errors; the next in line answers
            raise ModelError(self._name, in_one_line(error)) from error
        finally:
            toolbox.close()

    def _converse(self, messages: list[AnyMessage], toolbox: Toolbox, run: Run) -> Said:
        text = ""
        for attempt in range(TRIES):
            run.progress.doing(AGAIN if attempt else ASKING)
            try:
                messages = self._said(messages, toolbox, run)
            except LimitError:
                if attempt == 0:
                    raise
                break
            toolbox.doing(CHECKING)
            text = text_of(messages[-1])
            problem = problem_of(messages[-1], toolbox.results, run.context, run.known)
            if problem is None:
                return Said(text, tuple(toolbox.results), is_grounded=True)
            logger.info("answer_not_grounded", problem=problem)
            messages = [*messages, HumanMessage(problem)]
        return Said(text, tuple(toolbox.results), is_grounded=False)

    def _said(self, messages: list[AnyMessage], toolbox: Toolbox, run: Run) -> list[AnyMessage]:
        agent = create_agent(
            self._model, tools=toolbox.tools(), system_prompt=SYSTEM, middleware=[Orderly(), run.meter]
        )
        config: Any = {"recursion_limit": MOST_STEPS}
        state: dict[str, Any] = agent.invoke({"messages": messages}, config=config)  # type: ignore[call-overload,unused-ignore]
        found: list[AnyMessage] = state["messages"]
        return found
