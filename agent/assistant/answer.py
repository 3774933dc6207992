"""What the assistant gives back, and its JSON."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from agent.assistant.proposals import Proposal
from storage.records import Window

if TYPE_CHECKING:
    from agent.assistant.tools.result import ToolResult

BUILT_IN = "built-in"


class AnswerStatus(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    ASKED_BACK = "asked_back"
    NO_DATA = "no_data"
    REFUSED = "refused"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure of an answer, traceable to a tool's result."""

    name: str
    value: float | int | str | None
    unit: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the fact as JSON values."""
        return {"name": self.name, "value": self.value, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One call of a tool: what it was asked and how it went."""

    name: str
    arguments: dict[str, Any]
    status: str
    rows: int

    def as_json(self) -> dict[str, Any]:
        """Return the call as JSON values."""
        return {"name": self.name, "arguments": self.arguments, "status": self.status, "rows": self.rows}


@dataclass(frozen=True, slots=True)
class Usage:
    """What a question took of a language model; estimated where its server does not tell, cost where prices are set."""

    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    currency: str = ""
    is_estimated: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the usage as JSON values."""
        return {
            "model_calls": self.model_calls,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost": None if self.cost is None else round(self.cost, 8),
            "currency": self.currency or None,
            "is_estimated": self.is_estimated,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with the window and filters it holds for; choices are complete readings, when asked back.

    proposal: a change a person has to confirm. results: what the tools gave, for pictures and files; not in the JSON.
    """

    text: str
    status: AnswerStatus
    choices: tuple[str, ...] = ()
    window: Window | None = None
    filters: dict[str, Any] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    tools: tuple[ToolUse, ...] = ()
    ids: tuple[str, ...] = ()
    model: str = BUILT_IN
    milliseconds: float = 0.0
    proposal: Proposal | None = None
    results: "tuple[ToolResult, ...]" = ()
    usage: Usage | None = None
    footnote: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the object of `oddspot ask --json`."""
        return {
            "answer": self.text,
            "status": str(self.status),
            "choices": list(self.choices),
            "window": None if self.window is None else window_json(self.window),
            "filters": self.filters,
            "facts": [fact.as_json() for fact in self.facts],
            "tools": [tool.as_json() for tool in self.tools],
            "ids": list(self.ids),
            "model": self.model,
            "milliseconds": round(self.milliseconds, 1),
            "proposal": None if self.proposal is None else self.proposal.as_json(),
            "usage": None if self.usage is None else self.usage.as_json(),
            "footnote": self.footnote,
        }


def rfc3339(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, with Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def window_json(window: Window) -> dict[str, str]:
    """Return a window as JSON values."""
    return {"from": rfc3339(window.start), "to": rfc3339(window.end), "time_zone": window.time_zone}
