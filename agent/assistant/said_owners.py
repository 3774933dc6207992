"""Numbers an answer gives to somebody whose they are not, as one source's count said of another."""

import re
from collections.abc import Iterator

from agent.assistant.ground import Ground, Row

SENTENCE = re.compile(r"[^\n;!?]*?(?:[.!?;](?=\s|$)|\n|$)")
PIECES = re.compile(r",| and | but | while | whereas | against | versus | vs\.? ", re.IGNORECASE)
NUMBER = re.compile(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?![\w-]*\w)")
MOST_DIGITS = 15


def misplaced_numbers(text: str, ground: Ground) -> Iterator[str]:
    """Yield numbers that the results give only to others than those a sentence, or a part of it, speaks of."""
    everybody = sorted({name for row in ground.rows for name in row.whose}, key=len, reverse=True)
    if len(everybody) < 2:  # noqa: PLR2004 - nobody to mix up
        return
    for sentence in SENTENCE.findall(text):
        yield from _in_sentence(sentence, ground, everybody)


def _in_sentence(sentence: str, ground: Ground, everybody: list[str]) -> Iterator[str]:
    whose = _named(sentence, everybody)
    if not whose:
        return
    together = [row for row in ground.rows if whose <= row.whose]
    if together or len(whose) == 1:
        yield from _wrong(sentence, together, ground, everybody)
        return
    for piece in PIECES.split(sentence):
        named = _named(piece, everybody)
        if named:
            rows = [row for row in ground.rows if named <= row.whose]
            yield from _wrong(piece, rows or [row for row in ground.rows if named & row.whose], ground, everybody)


def _wrong(text: str, rows: list[Row], ground: Ground, everybody: list[str]) -> Iterator[str]:
    theirs = frozenset().union(*(row.numbers for row in rows)) | ground.free
    others = frozenset().union(*(row.numbers for row in ground.rows))
    for name in everybody:
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", " ", text, flags=re.IGNORECASE)
    for match in NUMBER.finditer(text):
        said = float(match[0].replace(",", "")[:MOST_DIGITS])
        if said in others and said not in theirs:
            yield match[0]


def _named(text: str, everybody: list[str]) -> frozenset[str]:
    found = set()
    for name in everybody:
        pattern = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
        if re.search(pattern, text, re.IGNORECASE):
            found.add(name)
            text = re.sub(pattern, " ", text, flags=re.IGNORECASE)
    return frozenset(found)
