"""A question as it came from Slack: its words, who asked, and where it is answered."""

import re
from dataclasses import dataclass
from typing import Any

MENTION = re.compile(r"<@[A-Z0-9]+(\|[^>]*)?>")
LINK = re.compile(r"<(?:[#@!][^|>]*|[^|>]*)\|([^>]*)>")
MOST_CHARACTERS = 2000
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, and the thread it is answered in; attached: the kinds of the files that came with it.

    home: our own workspace, which is not always the one it came from.
    """

    text: str
    team: str
    channel: str
    thread_ts: str
    user: str = ""
    attached: tuple[str, ...] = ()
    home: str = ""

    @property
    def thread(self) -> str:
        """The name of the conversation, for the assistant's memory."""
        return f"{self.team}:{self.channel}:{self.thread_ts}"

    @property
    def is_direct(self) -> bool:
        """Whether nobody but the person who asked sees the conversation."""
        return self.channel.startswith("D")


def home_of(context: Any) -> str:
    """Return our own workspace, as Slack told it when it let us in."""
    result = context.authorize_result
    return (result.team_id if result else "") or ""


def question_text(text: str) -> str:
    """Return what a person meant: without the mention that calls us, links as they read, entities as signs."""
    plain = LINK.sub(r"\1", MENTION.sub(" ", text))
    for entity, sign in ENTITIES:
        plain = plain.replace(entity, sign)
    return " ".join(plain.split())[:MOST_CHARACTERS]
