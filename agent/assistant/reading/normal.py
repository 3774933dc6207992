"""A question in the words the readers know: abbreviations and greetings put away, clocks with their half of the day."""

import re
from collections.abc import Callable
from functools import lru_cache

from agent.assistant.reading.known import KnownNames
from agent.assistant.windows.language import read_words

NOON = 12
LATE = {"afternoon", "evening", "night"}
HOURS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
HOUR = "|".join(HOURS)
OF_THE_DAY = r"o'?clock|in the (?:morning|afternoon|evening)|this (?:morning|afternoon|evening)|on \w+day|at night"
# An hour in words: before a part of the day or `until`, after `from` with another, after `until`, `after`, `before`.
WORDED = re.compile(
    rf"(?<![\w-])(?:(?P<past>half past|quarter past|quarter to) )?(?P<hour>{HOUR})(?= (?:{OF_THE_DAY}|until|till))"
    rf"|(?<=from )(?P<from>{HOUR})(?= to (?:{HOUR})\b)"
    rf"|(?<=until |.till |after |efore )(?P<to>{HOUR})"
    r"(?=$|[,.?;]| o'?clock| (?:of )?(?:today|yesterday|this|in the|on|last|at)\b)",
    re.IGNORECASE,
)
JOINED = r"(?P<a>\d{1,2}(?::\d\d)?) ?(?P<and>and|to|till|until|-) ?"
SPOKEN = re.compile(
    rf"(?<![\w:.-])(?:{JOINED})?(?P<b>\d{{1,2}}(?::\d\d)?) (?:o'?clock )?"
    r"(?P<which>this|in the|at|yesterday|last|on \w+day) (?P<part>morning|afternoon|evening|night)(?!\w)",
    re.IGNORECASE,
)
DAYS = {"this": " today", "in the": "", "at": "", "yesterday": " yesterday", "last": " yesterday"}


def normal(text: str, known: KnownNames) -> str:
    """Return a question in plainer words; what belongs to a name stays."""
    kept = frozenset(
        re.findall(
            r"[a-z0-9]+", " ".join((*known.sources, *known.defect_classes, *known.people, *known.attributes)).lower()
        )
    )
    for pattern, instead in _rules():
        text = " ".join(pattern.sub(_unless_named(instead, kept), text).split())
    if known.sources:
        text = _left_out(known.sources).sub("without ", text)
    return SPOKEN.sub(_clocked, WORDED.sub(_in_digits, text))


def _unless_named(instead: str, kept: frozenset[str]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        words = re.findall(r"[a-z0-9]+", match[0].lower())
        return match[0] if len(words) == 1 and words[0] in kept else match.expand(instead)

    return replace


@lru_cache(maxsize=8)
def _left_out(sources: tuple[str, ...]) -> re.Pattern[str]:
    """Match what leaves a source out, just before its name: `drop line-2` asks for no change."""
    names = "|".join(r"[\s._#-]?".join(map(re.escape, re.findall(r"[^\W\d_]+|\d+", name))) for name in sources)
    return re.compile(
        rf"(?<![\w-])(?:drop|take out|leave out|skip|filter out|ignore|remove) (?:the )?(?=(?:{names})(?!\w))",
        re.IGNORECASE,
    )


def _in_digits(match: re.Match[str]) -> str:
    """Write `quarter past six` as `6:15`."""
    word = next(match[name] for name in ("hour", "from", "to") if match[name])
    hour = HOURS.index(word.lower()) + 1
    past = (match["past"] or "").lower()
    if past == "quarter to":
        return f"{(hour - 2) % NOON + 1}:45"
    return f"{hour}:{'30' if past == 'half past' else '15'}" if past else str(hour)


def _clocked(match: re.Match[str]) -> str:
    """Write `1 and 5 this morning` as `01:00 and 05:00 today`."""
    part, which = match["part"].lower(), match["which"].lower()
    day = DAYS.get(which, f" {which}")
    if match["a"] and int(match["a"].partition(":")[0]) > NOON:  # between 22:00 and 06:00 last night
        return f"{match['a']} yesterday {match['and']} {match['b']} today" if which == "last" else match[0]
    first = f"{_clock(match['a'], part)} {match['and']} " if match["a"] else ""
    return f"{first}{_clock(match['b'], part)}{day}"


def _clock(text: str, part: str) -> str:
    hour, _, minute = text.partition(":")
    late = NOON if part in LATE and int(hour) < NOON and not (part == "night" and int(hour) < NOON // 2) else 0
    return f"{(int(hour) + late) % 24:02d}:{minute or '00'}"


@lru_cache
def _rules(name: str = "english") -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(say, re.IGNORECASE), instead) for say, instead in read_words(f"{name}_synonyms")["rules"])
