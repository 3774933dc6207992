"""What a person adds that is not asked: a guess of the answer, or a claim of a report whose figures are to be checked.

`Which line had the fewest false alarms? line-2, I bet?` is of every line; `'12 anomalies on line-1 in March.' Correct?`
asks how many there were; what is quoted from an answer asks for nothing.
"""

import re
from functools import lru_cache

from agent.assistant.reading.known import KnownNames, folded
from agent.assistant.windows.language import read_words

# A line of an earlier message, as chats show it: what is asked stands under it.
QUOTED = re.compile(r"^[ \t]*(?:>|&gt;).*$", re.MULTILINE)
# What lots and parts are called: b-1238.
CODE = re.compile(r"(?:(?:lot|batch|part) )?[a-z]{1,4}-?\d+")


def plainly_asked(text: str, known: KnownNames) -> str:
    """Return a question without quotes and the guess of its answer, and what is claimed as what is to be found out."""
    own = QUOTED.sub("", text).strip()
    return _without_guess(_asked_of_claim(own or text), known)


def _asked_of_claim(text: str, name: str = "english") -> str:
    claim, figure, _, _ = _patterns(name)
    match = claim.match(text)
    if match is None:
        return text
    said = (match["quoted"] or match["said"]).strip().rstrip(".")
    asked, times = figure.subn("how many", said)
    return f"{asked}?" if times else said if match["quoted"] else text


def _without_guess(text: str, known: KnownNames, name: str = "english") -> str:
    """Leave out a name at the end of a question that ranks: what is asked is which one of all it is."""
    _, _, ranking, guess = _patterns(name)
    match = guess.search(text)
    if match is None or ranking.search(text, 0, match.start()) is None:
        return text
    said = folded(match["name"]).strip()
    values = (value for values in known.values.values() for value in values)
    people = (one.rpartition(":")[2] for one in known.people)
    named = {folded(one) for one in (*known.sources, *known.defect_classes, *people, *values)}
    is_name = said in named or CODE.fullmatch(said) is not None
    return f"{text[: match.start()]}?" if is_name else text


@lru_cache
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    words = read_words(f"{name}_asides")
    return tuple(re.compile(words[key], re.IGNORECASE) for key in ("claim", "figure", "ranking", "guess"))
