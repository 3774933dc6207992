"""What a person takes back in mid-sentence, left out: `line-2, er, I mean line-1` is of line-1 alone.

The editing term parts what is taken back (the reparandum) from what replaces it (the repair); both are of one kind
(Levelt 1983, "Monitoring and self-repair in speech").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from agent.assistant.reading.known import KnownNames, folded
from agent.assistant.windows.language import read_words

REACH = 90
DASH = r"\s[-\u2013\u2014]+"
MOST_REPAIRS = 6


@dataclass(frozen=True, slots=True)
class _Said:
    """Something named, of a kind; lead_start: with `the` before it; phrase_start: with its preposition, if placed."""

    kind: str
    name: str
    phrase_start: int
    lead_start: int
    start: int
    placed: bool


def repaired(text: str, known: KnownNames, name: str = "english") -> str:
    """Return a question without what its speaker took back, and without the pauses in it."""
    terms, pauses = _terms(name)
    kinds, after = _kinds(name, _named(known)), 0
    for _ in range(MOST_REPAIRS):
        match = terms.search(text, after)
        if match is None:
            break
        written = _without_reparandum(text, match, kinds, name)
        after = match.end() if written is None else 0
        text = text if written is None else written
    return pauses.sub(" ", text)


def _without_reparandum(text: str, term: re.Match[str], kinds: re.Pattern[str], name: str) -> str | None:
    left, right = text[: term.start()], text[term.end() :]
    near = re.split(r"[.?!](?:\s|$)", right[:REACH])[0]
    far, left = left[:-REACH], left[-REACH:]
    before = list(_all_said(left, kinds, name))
    for repair in _all_said(near, kinds, name):
        taken_back = next((one for one in reversed(before) if one.kind == repair.kind), None)
        if taken_back is not None and taken_back.name != repair.name:
            cut = taken_back.start if repair.phrase_start == repair.start else taken_back.lead_start
            cut = taken_back.phrase_start if repair.placed else cut
            return far + left[:cut] + right[repair.phrase_start :]
    return None


def _all_said(text: str, kinds: re.Pattern[str], name: str) -> Iterator[_Said]:
    placing, leading = _leads(name)
    for match in kinds.finditer(folded(text)):
        lead = leading.search(text, 0, match.start())
        lead_start = match.start() if lead is None else lead.start()
        place = placing.search(text, 0, lead_start)
        phrase_start = lead_start if place is None else place.start()
        kind = match.lastgroup or ""
        yield _Said(kind, match[0].rstrip("s"), phrase_start, lead_start, match.start(), place is not None)


@lru_cache
def _terms(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = read_words(f"{name}_repairs")
    one = rf"(?:{words['terms']})"
    begins, ends = rf"\s*(?:[,;?]|{DASH}|\.\.+)\s*", rf"(?:\s*[,;]|\s*{DASH}|\.\.+|(?<!no))\s+"
    terms = rf"{begins}{one}(?:[,.;\u2013\u2014-]*\s+{one})*{ends}"
    pauses = rf"\s*,\s*(?:{words['pauses']})\s*,\s*"
    return re.compile(terms, re.IGNORECASE), re.compile(pauses, re.IGNORECASE)


@lru_cache
def _leads(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = read_words(f"{name}_repairs")
    placing = rf"(?<![\w-])(?:{words['places']}) $"
    leading = rf"(?<![\w-])(?:(?:{words['leads']}) )+$"
    return re.compile(placing, re.IGNORECASE), re.compile(leading, re.IGNORECASE)


def _named(known: KnownNames) -> tuple[tuple[str, tuple[str, ...]], ...]:
    people = tuple(one.rpartition(":")[2] for one in known.people)
    values = ((f"value{place}", values) for place, values in enumerate(known.values.values()))
    return (("source", known.sources), ("person", people), ("class", known.defect_classes), *values)


@lru_cache(maxsize=8)
def _kinds(name: str, named: tuple[tuple[str, tuple[str, ...]], ...]) -> re.Pattern[str]:
    """Match everything that can be taken back, names on record first, each in a group of its kind."""
    kinds = {kind: _any_of(names) for kind, names in named} | read_words(f"{name}_repairs")["kinds"]
    parts = [rf"(?P<{kind}>{words})" for kind, words in kinds.items() if words]
    return re.compile(rf"(?<![\w@-])(?:{'|'.join(parts)})(?![\w-]|\.\d)", re.IGNORECASE)


def _any_of(names: tuple[str, ...]) -> str:
    """Match a name however its parts are joined, in the plural too."""
    words = [re.findall(r"[^\W\d_]+|\d+", folded(one)) for one in names]
    found = sorted(("[\\s._#-]?".join(map(re.escape, one)) for one in words if one), key=len, reverse=True)
    return rf"(?:{'|'.join(found)})(?:e?s)?" if found else ""
