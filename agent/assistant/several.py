"""Two questions in one message: told apart, answered one by one."""

import re

QUESTION = re.compile(r"[^?]*\?+|[^?]+$")
LINKED = re.compile(r"^(?:(?:and|also|then|plus|oh|furthermore|secondly|besides)\b[,\s]*)+", re.IGNORECASE)
# What a question starts with that stands for itself: `and on line-2?` belongs to the one before it.
STANDS_ALONE = re.compile(
    r"^(?:how|what|which|who|when|where|why|is|are|was|were|did|does|do|has|have|show|list|compare|give|tell|any)\b",
    re.IGNORECASE,
)
FEWEST_WORDS = 3
MOST = 3


def questions_in(text: str) -> list[str]:
    """Return the questions of a text that each stand for themselves; the text alone where it is one."""
    parts = [part.strip() for part in QUESTION.findall(" ".join(text.split())) if part.strip()]
    asked = [LINKED.sub("", part) for part in parts if part.endswith("?")]
    alone = [part for part in asked if STANDS_ALONE.match(part) and len(part.split()) >= FEWEST_WORDS]
    if len(alone) < 2 or len(alone) != len(parts):  # noqa: PLR2004 - several
        return [text]
    return [part[:1].upper() + part[1:] for part in alone[:MOST]]
