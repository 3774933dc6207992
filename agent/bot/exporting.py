"""Words that want a table as a file: taken out of the question, which is then asked as usual."""

import re
from dataclasses import dataclass

FILE = r"(?:csv|excel|spreadsheet)(?:[ -]?(?:file|sheet|table))?"
AS_FILE = re.compile(
    rf"[,;]?\s*(?:\b(?:and|then|please|also)\s+)*(?:\b(?:export|send|give|download|save|attach|show|get|make)\b"
    rf"(?:\s+me)?(?:\s+(?:it|them|that|this|those|these|all))?\s+)?\b(?:as|in|to|into|for)\s+(?:an?\s+|the\s+)?{FILE}\b",
    re.IGNORECASE,
)
EXPORT = re.compile(
    r"^(?:please\s+)?(?:(?:can|could) you\s+)?(?:please\s+)?(?:export|download)\b\s*(?P<what>.*)$", re.IGNORECASE
)
CSV_OF = re.compile(
    rf"^(?:please\s+)?(?:give me\s+|send me\s+|make\s+)?(?:an?\s+|the\s+)?{FILE}\s+(?:of|with|for)\s+(?P<what>.+)$",
    re.IGNORECASE,
)
BARE = re.compile(
    rf"^(?:(?:it|them|that|this|those|these|all|all of (?:it|them)|{FILE})?"
    r"\s*(?:please|pls|thanks|thank you)?[\s.!?]*)$",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"^(?:how|what|which|when|who|where|is|are|was|were|did|does|do|show|list|compare|count|give)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The question without the words about a file; text is empty where the last answer is meant."""

    text: str
    is_file: bool


def take_export(text: str) -> Wanted:
    """Say whether a table is wanted as a file, and return the question that fills it."""
    of = CSV_OF.match(text)
    rest = of["what"] if of else AS_FILE.sub("", text).strip(" ,;")
    is_file = of is not None or rest != text.strip(" ,;")
    command = EXPORT.match(rest)
    if command is not None:
        rest, is_file = command["what"].strip(), True
    if not is_file:
        return Wanted(text, is_file=False)
    if BARE.match(rest):
        return Wanted("", is_file=True)
    is_named = of is not None or command is not None
    return Wanted(f"list {rest}" if is_named and not ASKS.match(rest) else rest, is_file=True)
