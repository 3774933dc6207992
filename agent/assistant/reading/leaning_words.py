"""How a language lets a time, or a name, lean on what a thread spoke of last."""

import re
from dataclasses import dataclass
from functools import lru_cache

from agent.assistant.windows.language import read_words


@dataclass(frozen=True, slots=True)
class LeaningLanguage:
    """How a time leans on the one spoken of last; leader by noun: how a name does."""

    extend: re.Pattern[str]
    rest_of: re.Pattern[str]
    whole: re.Pattern[str]
    same: re.Pattern[str]
    monthday: re.Pattern[str]
    weekday: re.Pattern[str]
    shift: re.Pattern[str]
    half: re.Pattern[str]
    possessive: re.Pattern[str]
    same_hours: re.Pattern[str]
    dated_hours: re.Pattern[str]
    until: re.Pattern[str]
    weekend: re.Pattern[str]
    weekday_before: re.Pattern[str]
    says_a_day: re.Pattern[str]
    shifted: re.Pattern[str]
    week_ago: re.Pattern[str]
    supposed_at: re.Pattern[str]
    its_night: re.Pattern[str]
    own_day: re.Pattern[str]
    its_slot: re.Pattern[str]
    nth: re.Pattern[str]
    value_alone: str
    leader: str
    nouns: dict[str, str]


@lru_cache
def leaning_language(name: str = "english") -> LeaningLanguage:
    """Return the words of a language."""
    words = dict(read_words(f"{name}_leaning"))
    value_alone, leader, nouns = words.pop("value_alone"), words.pop("leader"), words.pop("nouns")
    patterns = {key: re.compile(say, re.IGNORECASE) for key, say in words.items()}
    return LeaningLanguage(**patterns, value_alone=value_alone, leader=leader, nouns=nouns)
