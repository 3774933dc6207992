"""Text from data as a terminal may print it: nothing in it moves the cursor, colours, hides or runs backwards."""

import re

# Control characters but tab and line end, those of ISO 6429 that are one byte long, and marks of direction.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: object) -> str:
    """Return text without what a terminal would obey."""
    return UNPRINTABLE.sub("", str(text))


def printable_json(text: str) -> str:
    """Return JSON that means the same, with what a terminal would obey written as an escape."""
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
