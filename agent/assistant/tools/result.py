"""What a tool gives back: status, data, the figures in it, and the parameters it used."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agent.assistant.answer import Fact, window_json
from storage.records import Window


class ToolStatus(StrEnum):
    """How a call of a tool went."""

    OK = "ok"
    NO_DATA = "no_data"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """One tool's result; message says what is wrong with an error, well enough to correct the call."""

    tool: str
    status: ToolStatus
    data: dict[str, Any] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    ids: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    window: Window | None = None
    rows: int = 0
    message: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what a language model is shown."""
        values: dict[str, Any] = {"status": str(self.status), "parameters": self.parameters}
        if self.window is not None:
            values["window"] = window_json(self.window)
        if self.message:
            values["message"] = self.message
        return values | {"data": self.data, "rows": self.rows}
