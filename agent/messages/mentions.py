"""Who is called by a message: only ids that the settings hold, in Slack's own form."""

import re
from collections.abc import Iterable

from agent.messages.message import Message, message, section

HERE = "here"
PERSON = re.compile(r"[UW][A-Z0-9]{3,20}")
GROUP = re.compile(r"S[A-Z0-9]{3,20}")


def mention_words(ids: Iterable[str]) -> str:
    """Return the mentions of people, user groups and `here`; anything else calls nobody and is left out."""
    return " ".join(word for word in map(_mention, ids) if word)


def with_mention(shown: Message, ids: Iterable[str]) -> Message:
    """Put mentions before a message; the same message where there are none."""
    words = mention_words(ids)
    if not words:
        return shown
    blocks = [section(words), *shown.blocks] if shown.blocks else []
    return message(f"{words} {shown.text}", blocks)


def _mention(text: str) -> str:
    if text == HERE:
        return "<!here>"
    if PERSON.fullmatch(text):
        return f"<@{text}>"
    return f"<!subteam^{text}>" if GROUP.fullmatch(text) else ""
