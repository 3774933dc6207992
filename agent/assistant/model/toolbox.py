"""Our tools as LangChain takes them; every result is kept, for the answer is checked against it."""

import json
import threading
from typing import Any

from langchain_core.tools import StructuredTool

from agent.assistant.model.statuses import doing
from agent.assistant.model.usage import LimitError
from agent.assistant.progress import Progress
from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.registry import TOOLS, Tool, run_tool
from agent.assistant.tools.result import ToolResult

LONGEST_RESULT = 12_000
NO_MORE = "No more calls in this question; answer from the results there are."


class Toolbox:
    """The tools of one run, and what they gave; closed, it runs nothing more for a run that was left behind."""

    def __init__(self, context: ToolContext, progress: Progress, *, most: int) -> None:
        self._context = context
        self._progress = progress
        self._left = most
        self._is_closed = False
        self._lock = threading.Lock()
        self.results: list[ToolResult] = []

    def close(self) -> None:
        """Run and show nothing from now on."""
        with self._lock:
            self._is_closed = True

    def doing(self, status: str) -> None:
        """Show a status, unless the run was left behind; raise LimitError where it was."""
        with self._lock:
            if self._is_closed:
                raise LimitError("nobody waits for it any more")
        self._progress.doing(status)

    def tools(self) -> list[StructuredTool]:
        """Return the tools; wrong arguments come back to the model as text it can correct itself by."""
        return [self._wrapped(tool) for tool in TOOLS.values()]

    def _wrapped(self, tool: Tool) -> StructuredTool:
        def run(**arguments: Any) -> str:
            given = {key: value for key, value in arguments.items() if value is not None}
            self.doing(doing(tool.name, given))
            if not self._may_call():
                return json.dumps({"status": "error", "message": NO_MORE})
            result = run_tool(self._context, tool.name, given)
            with self._lock:
                self.results.append(result)
            return shown(result)

        return StructuredTool.from_function(
            func=run,
            name=tool.name,
            description=tool.description,
            args_schema=tool.arguments,
            handle_validation_error=_explained,
        )

    def _may_call(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0


def shown(result: ToolResult) -> str:
    """Return a result as JSON for the model, cut where it is long."""
    text = json.dumps(result.as_json(), ensure_ascii=False)
    if len(text) <= LONGEST_RESULT:
        return text
    short = {key: value for key, value in result.as_json().items() if key != "data"}
    data = {key: value[:10] if isinstance(value, list) else value for key, value in result.data.items()}
    return json.dumps(short | {"data": data, "note": "long lists are cut to 10"}, ensure_ascii=False)[:LONGEST_RESULT]


def _explained(error: Any) -> str:
    """Say what is wrong with a call."""
    problems = error.errors(include_url=False) if hasattr(error, "errors") else [{"loc": (), "msg": str(error)}]
    words = [f"{'.'.join(str(part) for part in one['loc']) or 'arguments'}: {one['msg']}" for one in problems[:3]]
    return json.dumps({"status": "error", "message": "; ".join(words)})
