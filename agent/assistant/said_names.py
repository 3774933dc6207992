"""Names, ids and addresses an answer says that no tool result holds."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from agent.assistant.claims import claim_language
from agent.assistant.ground import Ground
from agent.assistant.windows.language import time_language

MARKED = re.compile(r"(?<![\w-])[A-Za-z][A-Za-z_.]*[-_#]\d[\w-]*(?:@\d+)?|\b[\w.-]+@\w+(?:\.\w+)*|#\d+")
ADDRESS = re.compile(
    r"(?:\w+://|www\.|mailto:)\S+|<[^>\s]+>|\]\([^)]*\)|(?<![\w.])@(?:channel|here|everyone|group)\b"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|dev|example|info|biz|co|app|xyz|ru|cn|de|uk|eu|me|ly|gg|top|site)\b(?:/\S*)?",
    re.IGNORECASE,
)
QUOTED = re.compile(r"[\"\u201c\u2018`]([^\"\u201d\u2019`\n]{1,120})[\"\u201d\u2019`]|(?<!\w)'([^'\n]{1,120})'(?!\w)")
CAPITAL = re.compile(r"(?<=[a-z,;] )[A-Z][\w'\u2019]*(?: [A-Z][\w'\u2019]*)*")
HYPHENED = re.compile(r"(?<![\w-])[a-z]\w*(?:[-_.][a-z]\w*)+(?![\w-])", re.IGNORECASE)
POINTED = r"\b(?:on|at|from|of|source|camera|line|station|for|in|detector|by) (?:the )?$"
SHORTEST_KNOWN = 4


def foreign_addresses(text: str) -> Iterator[str]:
    """Yield every address and every markup of a link: no tool gives one that a person needs."""
    yield from (match[0] for match in ADDRESS.finditer(text))


def foreign_names(text: str, ground: Ground, known: Sequence[str]) -> Iterator[str]:
    """Yield names in a text, the results' own already taken out; `known` are the database's names."""
    yield from (match[0] for match in MARKED.finditer(text))
    yield from _numbered_places(text)
    yield from _known_elsewhere(text, ground, known)
    yield from _quoted(text, ground)
    yield from _hyphened(text, ground)
    yield from _people(text, ground)


def without_marked(text: str) -> str:
    """Take out what was looked at as a name with a number."""
    return MARKED.sub(" ", text)


def _numbered_places(text: str) -> Iterator[str]:
    """Yield `camera 9` and the like: one the results know, such as line 1, was already taken out."""
    for match in _place_pattern().finditer(text):
        yield match[0]


@lru_cache
def _place_pattern() -> re.Pattern[str]:
    return re.compile(rf"\b(?i:{claim_language().places}) (?:no\.? ?|number |#)?(?:\d+\b|[A-Z]\b)")


def _known_elsewhere(text: str, ground: Ground, known: Sequence[str]) -> Iterator[str]:
    for name in known:
        is_sure = len(name) >= SHORTEST_KNOWN and name.lower() not in ground.text
        if is_sure and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE):
            yield name


def _quoted(text: str, ground: Ground) -> Iterator[str]:
    for match in QUOTED.finditer(text):
        said = (match[1] or match[2]).strip(" .,\x00")
        if said and said.lower() not in ground.text:
            yield said


def _hyphened(text: str, ground: Ground) -> Iterator[str]:
    """Yield `paint-shop` after `on` and the like, unless it is a compound of common words."""
    common = claim_language().hyphened
    for match in HYPHENED.finditer(text):
        is_common = all(part in common for part in re.split(r"[-_.]", match[0].lower()))
        is_pointed = re.search(POINTED, text[: match.start()], re.IGNORECASE) is not None
        if not is_common and match[0].lower() not in ground.text and (is_pointed or "_" in match[0]):
            yield match[0]


def _people(text: str, ground: Ground) -> Iterator[str]:
    """Yield capitalised words inside a sentence, and who is said to have done what only a person does."""
    language = claim_language()
    for match in [*CAPITAL.finditer(text), *_doers(text)]:
        words = re.findall(r"[A-Za-z]\w*", match[0])
        for word in words:
            is_plain = word.lower() in language.capitals or word.lower() in language.nobody or _is_calendar(word)
            if not is_plain and not re.search(rf"(?<!\w){re.escape(word.lower())}(?!\w)", ground.text):
                yield word


def _doers(text: str) -> Iterator[re.Match[str]]:
    yield from re.finditer(rf"\b[A-Z][\w'\u2019]+(?= (?:has |had )?{claim_language().who_did}\b)", text)


def _is_calendar(word: str) -> bool:
    lowered = word.lower()
    return lowered in time_language().weekdays or lowered in time_language().months
