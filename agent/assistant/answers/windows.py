"""A tool's window in words, from the parameters it echoes."""

from datetime import datetime
from typing import Any

from agent.assistant.answers.phrases import span
from storage.records import Window


def window_words(parameters: dict[str, Any]) -> str:
    """Return the window of a tool's parameters, `FROM/TO` in RFC 3339, as its zone's clocks show it."""
    start, end = (datetime.fromisoformat(part) for part in str(parameters["window"]).split("/"))
    return span(Window(start, end, str(parameters["time_zone"])))
