"""What an answer claims beside plain numbers: acts, figures under a name, directions, that nothing was found."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from agent.assistant.claims import ClaimLanguage, claim_language
from agent.assistant.ground import Ground
from agent.assistant.said_numbers import value_of
from agent.assistant.tools.result import ToolResult, ToolStatus

ANOMALIES = frozenset({"anomalies", "total"})
JUDGED = frozenset({"judged", "judged_before", "inspected", "inspections", "audited", "received"})
COUNTS = frozenset(
    {"anomalies", "total", "confirmed", "false_alarms", "unsure", "unlabelled", "missed", "not_judged", "judged"}
    | {"incidents", "rejected", "dropped", "shown", "labels", "outages", "silences", "changes", "hits"}
    | {"defects", "defects_labelled", "defects_lost", "alerts", "alerts_saved", "waiting", "region_count", "audited"}
)
CLAUSE = re.compile(r"[^.;,:(\n]*")


def foreign_acts(text: str, ground: Ground) -> Iterator[str]:
    """Yield acts an answer claims: its own always, another's where the results do not speak of it."""
    language = claim_language()
    yield from (match[0] for match in language.acted.finditer(text))
    for match in language.done.finditer(text):
        stem = match[0].lower().split()[-1][:6]
        if stem not in ground.text:
            yield match[0]


def foreign_findings(text: str, results: Sequence[ToolResult], ground: Ground) -> Iterator[str]:
    """Yield claims of nothing, of no data and of all being well that the results contradict."""
    language = claim_language()
    is_empty = all(result.status is ToolStatus.NO_DATA for result in results)
    if is_empty and results and not language.no_data.search(text) and not language.nothing.search(text):
        yield "an answer without the words `no data`"
    has_empty = any(result.status is ToolStatus.NO_DATA for result in results) or 0 in ground.figure(JUDGED)
    if not has_empty and (match := re.search(r"\bno data\b", text, re.IGNORECASE)):
        yield match[0]
    if any(value > 0 for value in ground.figure(ANOMALIES)):
        yield from (match[0] for match in language.all_fine.finditer(text))
    if not has_empty and 0 not in ground.figure(COUNTS):
        yield from (match[0] for match in language.nothing.finditer(text))


def foreign_figures(text: str, ground: Ground, *, has_empty: bool) -> Iterator[str]:
    """Yield figures said under a name that no result gives them, as `3 unlabelled`, `no anomalies`."""
    language = claim_language()
    for match in _figure_pattern().finditer(text):
        said = match[1].lower()
        value = _value(said)
        is_none = said in {"no", "zero"} and has_empty
        if not is_none and not _is_given(value, match, ground, language):
            yield match[0]


def foreign_directions(text: str, ground: Ground) -> Iterator[str]:
    """Yield a rise that was a fall, and the other way round."""
    language = claim_language()
    changes = ground.signed(language.changes)
    if not changes:
        return
    if all(change <= 0 for change in changes):
        yield from (match[0] for match in language.up.finditer(text))
    if all(change >= 0 for change in changes):
        yield from (match[0] for match in language.down.finditer(text))


def _is_given(value: float, match: re.Match[str], ground: Ground, language: ClaimLanguage) -> bool:
    """Say whether a figure is one the results give under its noun; under what narrows it, where anything does."""
    noun, clause = match[match.re.groups], _clause_from(match)
    narrowed = [keys for say, keys in language.qualifiers if re.search(rf"\b(?:{say})\b", clause, re.IGNORECASE)]
    named = [
        keys
        for say, keys in (*language.figures, *language.qualifiers)
        if re.fullmatch(say, noun, re.IGNORECASE) is not None
    ]
    for keys in narrowed or named:
        if value in ground.figure(keys):
            return True
    return not any(ground.knows(*keys) for keys in (*narrowed, *named))


def _clause_from(match: re.Match[str]) -> str:
    """Return what is said of the figure: its adjectives, and what follows up to the next figure."""
    rest = CLAUSE.match(match.string, match.end())
    following = re.split(r"\b(?:and|but|of which|while)\b|\d", rest[0] if rest else "")[0]
    return f"{match[2] or ''} {following}"


def _value(said: str) -> float:
    digits = re.sub(r"[,' \u202f\u00a0]", "", said)
    return 0 if said == "no" else float(digits) if digits.isdigit() else value_of(said)


@lru_cache
def _figure_pattern() -> re.Pattern[str]:
    language = claim_language()
    words = "|".join([*language.numbers, "dozen", "hundred", "thousand"])
    number = rf"\d[\d,'\u202f\u00a0]*(?<=\d)(?!\.\d)|no|(?:{words})(?:[ -](?:and )?(?:{words}))*"
    nouns = "|".join(say for say, _ in (*language.figures, *language.qualifiers))
    return re.compile(rf"(?<![\w.,-])({number}) ((?:[a-z-]+ ){{0,2}}?)({nouns})(?![\w-])", re.IGNORECASE)
