"""The name of a file in a question: an image is spoken of by it as by its id."""

import re

from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.registry import run_tool
from agent.assistant.tools.result import ToolResult

NAME = r"[\w.@+=-]+(?:/[\w.@+=-]+)*\.(?:png|jpe?g|tiff?|bmp|webp)"
QUOTED = re.compile(
    r"[\"'`\u201c\u2018]([^\"'`\u201d\u2019\n]{1,250}\.(?:png|jpe?g|tiff?|bmp|webp))[\"'`\u201d\u2019]", re.IGNORECASE
)
BARE = re.compile(rf"(?<![\w/.])(?:the )?(?:file |image |photo |picture |frame )?({NAME})(?!\w)", re.IGNORECASE)


def with_its_id(text: str, context: ToolContext) -> tuple[str, ToolResult | None]:
    """Return a question with the id in the place of the first file it names, and what was found of that file."""
    match = QUOTED.search(text) or BARE.search(text)
    if match is None:
        return text, None
    found = run_tool(context, "find_image", {"file": match[1]})
    if not found.ids:
        return text, found
    return f"{text[: match.start()]}{found.ids[0]}{text[match.end() :]}", found
