"""What a model's message says, as plain text, and what has to be said better."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, AnyMessage

from agent.assistant.grounding import ungrounded
from agent.assistant.model.prompt import CALL_A_TOOL, CUT_OFF, REPEAT
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.result import ToolResult, ToolStatus

THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
CUT_SHORT = {"length", "max_tokens", "content_filter", "MAX_TOKENS"}
ASKS = re.compile(
    r"(?:which|what|when|where|who|whose|how|do|does|did|is|are|was|were|should|shall|would|could|can)\b", re.IGNORECASE
)
MOST_TOLD = 10
HIDDEN = {"Cc", "Cf", "Cs", "Co"}


class Orderly(AgentMiddleware[Any, Any]):
    """Drops calls whose arguments could not be read: a server refuses a conversation with an unanswered call."""

    def wrap_model_call(self, request: ModelRequest[Any], handler: Any) -> ModelResponse[Any]:
        """Return the response without such calls."""
        response: ModelResponse[Any] = handler(request)
        response.result = [orderly(one) if isinstance(one, AIMessage) else one for one in response.result]
        return response


def orderly(message: AIMessage) -> AIMessage:
    """Return a message with only the calls that can be made."""
    if not message.invalid_tool_calls:
        return message
    others = {key: value for key, value in message.additional_kwargs.items() if key != "tool_calls"}
    return message.model_copy(update={"invalid_tool_calls": [], "additional_kwargs": others})


def text_of(message: AnyMessage) -> str:
    """Return what a message says without thoughts and without signs that move a terminal's cursor or hide."""
    if not isinstance(message, AIMessage):
        return ""
    said = THOUGHT.sub(" ", str(message.text))
    shown = "".join(one for one in said if one == "\n" or unicodedata.category(one) not in HIDDEN)
    return shown.strip()


def is_cut_short(message: AnyMessage) -> bool:
    """Say whether a message ended before it was done: the rest of a number may be missing."""
    told = getattr(message, "response_metadata", {})
    return bool({told.get("finish_reason"), told.get("stop_reason"), told.get("done_reason")} & CUT_SHORT)


def problem_of(
    message: AnyMessage, results: Sequence[ToolResult], context: ToolContext, known: Sequence[str]
) -> str | None:
    """Return what to tell the model about its answer, None where it stands."""
    text = text_of(message)
    useful = [result for result in results if result.status is not ToolStatus.ERROR]
    if not text:
        return CALL_A_TOOL
    if is_cut_short(message):
        return CUT_OFF
    if not useful:
        return None if asks_back(text) and not ungrounded(text, [], now=context.now, known=known) else CALL_A_TOOL
    said = ungrounded(text, useful, now=context.now, known=known)
    return REPEAT.format(said="; ".join(said[:MOST_TOLD])) if said else None


def asks_back(text: str) -> bool:
    """Say whether a text is one question and nothing else."""
    return text.endswith("?") and not re.search(r"[.!?:]\s", text) and ASKS.match(text) is not None
