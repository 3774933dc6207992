"""Sentences an answer says as its own that somebody put into the record: a name may be told, a sentence is quoted.

A file, a class, a note or a comment may hold an order, and a model that obeys it says what it was told to. Whatever
the words are, they are not the answer's.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from agent.assistant.tools.result import ToolResult

# Where tools hand on what people, or whoever names files, wrote.
STRANGERS = frozenset({"file", "note", "comment", "defect_class", "key", "labelled_by", "by", "author", "person"})
ATTRIBUTES = "attributes"
OURS = frozenset({"misses"})  # its note is a sentence of ours
LONGEST_NAME_WORDS = 3
FEWEST_WORDS = 2
SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
WORD = re.compile(r"[^\W_]+")


def repeated_sentences(text: str, results: Sequence[ToolResult]) -> Iterator[str]:
    """Yield sentences of a text, quotes already taken out, that stand whole in a longer text of a stranger's."""
    strangers = [_words(each) for result in results if result.tool not in OURS for each in _texts(result.data, "")]
    long = [f" {' '.join(words)} " for words in strangers if len(words) > LONGEST_NAME_WORDS]
    if not long:
        return
    for sentence in SENTENCE.split(text):
        words = _words(sentence)
        if len(words) >= FEWEST_WORDS and any(f" {' '.join(words)} " in each for each in long):
            yield sentence.strip()


def _texts(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, key if key == ATTRIBUTES else str(name))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str) and (key in STRANGERS or key == ATTRIBUTES):
        yield value


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]
