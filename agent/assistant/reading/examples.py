"""The example phrases of a language, as the readers see a question: masked, with what the rules make of it."""

import re
from collections.abc import Iterator
from typing import Any

from agent.assistant.reading.cues import read_by_cues
from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.language import intent_language
from agent.assistant.reading.learned import NONE, SHAPED_BY, Example
from agent.assistant.reading.normal import normal
from agent.assistant.reading.question import Question
from agent.assistant.reading.reading import Intent
from agent.assistant.reading.shape import read_shape
from agent.assistant.reading.signals import name_signals, rule_signals
from agent.assistant.reading.spelling import corrected
from agent.assistant.windows.language import read_words

NAMED = re.compile(r"\bq(?:source|window|id|incident|class|attribute|person|detector|threshold)\b")
NUMBER = "5"
KEYS = {"figure": "of", "without": "without", "group": "by", "order": "order", "states": "states"}
# Whatever a database has: an attribute a phrase may group by.
ATTRIBUTES = ("lot", "part", "panel", "batch")


def examples_of(language: str = "english") -> Iterator[Example]:
    """Yield every example of a language.

    Phrases were written apart from the rules, so they show how far a rule can be trusted; the cues were made for the
    short examples beside them, so these teach words alone.
    """
    for phrase in read_words(f"{language}_phrases"):
        yield of_phrase(phrase)
    for intent, masked in intent_language(language).examples:
        yield Example(masked, frozenset(name_signals(masked)), Intent(intent), {})


def of_phrase(phrase: dict[str, Any]) -> Example:
    """Read one phrase as the readers would."""
    known = KnownNames((), attributes=ATTRIBUTES)
    question = Question(normal(phrase["say"].replace("qnumber", NUMBER), known))
    for match in NAMED.finditer(question.rest):
        question.cover(match.start(), match.end(), match[0])
    plain = question.masked().replace(NUMBER, "qnumber")
    shape = read_shape(question, known)
    cue = read_by_cues(corrected(question.masked().replace(NUMBER, "qnumber")))
    signals = frozenset((*name_signals(plain), *rule_signals(cue, shape)))
    wanted = {name: str(phrase.get(KEYS[name], NONE)) for name in SHAPED_BY}
    return Example(plain, signals, Intent(phrase["is"]), wanted)
