"""How much of a language model a question used, and what ends one that uses too much."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, BaseMessage

from agent.assistant.answer import Usage
from agent.errors import AgentError

LETTERS_A_TOKEN = 4


class LimitError(AgentError):
    """A question has used as much of the model as one question may."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one question may use; deadline in monotonic seconds."""

    calls: int
    tokens: int
    deadline: float


class Meter(AgentMiddleware[Any, Any]):
    """Counts calls and tokens of a question before and after each call; refuses one beyond the limits."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self._lock = threading.Lock()
        self._calls = self._input = self._output = 0
        self._is_estimated = False

    @property
    def usage(self) -> Usage:
        """What was used so far."""
        with self._lock:
            return Usage(self._calls, self._input, self._output, is_estimated=self._is_estimated)

    @property
    def is_spent(self) -> bool:
        """Whether another call would be refused."""
        return self._refusal() is not None

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Let a call through and count it; raise LimitError."""
        self.begin()
        response = handler(request)
        self.add(request.messages, [message for message in response.result if isinstance(message, AIMessage)])
        return response

    def begin(self) -> None:
        """Count a call that is about to be made; raise LimitError."""
        refusal = self._refusal()
        if refusal is not None:
            raise LimitError(refusal)
        with self._lock:
            self._calls += 1

    def add(self, asked: list[Any], replies: list[AIMessage]) -> None:
        """Count the tokens of a call; where a server does not tell them, they are estimated."""
        read = written = 0
        for reply in replies:
            said = reply.usage_metadata
            if said is None:
                self._is_estimated = True
                read += sum(_length(message) for message in asked) // LETTERS_A_TOKEN
                written += _length(reply) // LETTERS_A_TOKEN
            else:
                read, written = read + said["input_tokens"], written + said["output_tokens"]
        with self._lock:
            self._input, self._output = self._input + read, self._output + written

    def _refusal(self) -> str | None:
        used = self.usage
        if used.model_calls >= self._limits.calls:
            return f"no answer in {self._limits.calls} calls"
        if used.input_tokens + used.output_tokens >= self._limits.tokens:
            return f"no answer in {self._limits.tokens:,} tokens"
        return "time is up" if monotonic() >= self._limits.deadline else None


def _length(message: BaseMessage) -> int:
    return len(str(message.content)) + len(str(getattr(message, "tool_calls", "")))
