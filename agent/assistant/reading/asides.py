"""What a person adds that is not asked: a guess of the answer, or a claim of a report whose figures are to be checked.

`Which line had the fewest false alarms? line-2, I bet?` is of every line; `'12 anomalies on line-1 in March.' Correct?`
asks how many there were; what is quoted from an answer asks for nothing.
"""

import re
from dataclasses import dataclass, fields
from functools import lru_cache

from agent.assistant.reading.known import KnownNames, folded
from agent.assistant.windows.language import read_words

# A line of an earlier message, as chats show it: what is asked stands under it.
QUOTED = re.compile(r"^[ \t]*(?:>|&gt;).*$", re.MULTILINE)
# What lots and parts are called, and no id: b-1238.
CODE = re.compile(r"(?:(?:lot|batch|part) )?(?![aifs]-?\d)[a-z]{1,4}-?\d+")


def plainly_asked(text: str, known: KnownNames) -> str:
    """Return a question without quotes and the guess of its answer, and what is claimed as what is to be found out."""
    own = QUOTED.sub("", text).strip()
    return _without_guess(_asked_of_claim(_without_remark(own or text, known)), known)


def _without_remark(text: str, known: KnownNames, name: str = "english") -> str:
    """Leave out what is told of oneself after a question, `... yesterday? I sit beside her today`, unless it names."""
    remark = _patterns(name).remark.search(text)
    if remark is None or any(folded(one) in folded(remark[0]) for one in (*known.sources, *known.defect_classes)):
        return text
    return text[: remark.start()]


def _asked_of_claim(text: str, name: str = "english") -> str:
    patterns = _patterns(name)
    match = patterns.claim.match(text)
    if match is None:
        return text
    said = (match["quoted"] or match["said"]).strip().rstrip(".")
    asked, times = patterns.figure.subn("how many", said)
    return f"{asked}?" if times else said if match["quoted"] else text


def _without_guess(text: str, known: KnownNames, name: str = "english") -> str:
    """Leave out a name at the end of a question that ranks: what is asked is which one of all it is.

    Where no word says that it is a guess, it is one only of the kind that is ranked: `worst 3 anomalies, line-2` names
    a source.
    """
    patterns = _patterns(name)
    match = patterns.guess.search(text)
    if match is None or patterns.ranking.search(text, 0, match.start()) is None:
        return text
    kind = _kind_of(folded(match["name"]).strip(), known)
    if kind is None:
        return text
    keys = "|".join(map(re.escape, (*known.attributes, "lot", "part", "batch")))
    ranked = read_words(f"{name}_asides")["kinds"][kind].replace("{keys}", keys)
    is_guess = (
        match["before"] or match["after"] or re.search(rf"\b(?:{ranked})\b", text[: match.start()], re.IGNORECASE)
    )
    return f"{text[: match.start()]}?" if is_guess else text


def _kind_of(said: str, known: KnownNames) -> str | None:
    kinds = {
        "source": known.sources,
        "class": known.defect_classes,
        "person": [one.rpartition(":")[2] for one in known.people],
        "value": [value for values in known.values.values() for value in values],
    }
    found = next((kind for kind, names in kinds.items() if said in map(folded, names)), None)
    return found or ("value" if CODE.fullmatch(said) else None)


def without_told(masked: str, name: str = "english") -> str:
    """Return a masked question without what its speaker tells first: `we changed the belt on qsource. how many ...`."""
    return _patterns(name).told.sub("", masked)


@dataclass(frozen=True, slots=True)
class _Patterns:
    claim: re.Pattern[str]
    figure: re.Pattern[str]
    ranking: re.Pattern[str]
    guess: re.Pattern[str]
    remark: re.Pattern[str]
    told: re.Pattern[str]


@lru_cache
def _patterns(name: str) -> _Patterns:
    words = read_words(f"{name}_asides")
    return _Patterns(**{one.name: re.compile(words[one.name], re.IGNORECASE) for one in fields(_Patterns)})
