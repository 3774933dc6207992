"""A question in the words the readers know: abbreviations and greetings put away, clocks with their half of the day."""

import re
from collections.abc import Callable
from functools import lru_cache

from agent.assistant.reading.known import KnownNames, folded
from agent.assistant.reading.numerals import with_digits
from agent.assistant.windows.language import read_words, time_language

NOON = 12
# Before `the 2nd`: the second of a list, no day.
PICKS = re.compile(r"\b(?:show|open|pick|list|see|display|details? of|one is)(?: me| us)? $")
# A day of the month by its number alone, which no month stands beside and which starts no span of days.
LONE_DAY = re.compile(
    r"(?<!\w)the \d{1,2}(?:st|nd|rd|th)"
    r"(?! ?(?:of|to|and|or|till|until|through|-|/|,? (?:of )?[A-Za-z]+ (?:shift|week|half|one)))"
    r"(?=$|[,.?!;)]| (?:on|onwards?|at|for|it|we|was|were|only|alone|then|before|after|between|from)(?!\w))",
    re.IGNORECASE,
)
LATE = {"afternoon", "evening", "night"}
JOINED = r"(?P<a>\d{1,2}(?::\d\d)?) ?(?P<and>and|to|till|until|-) ?"
SPOKEN = re.compile(
    rf"(?<![\w:.-])(?:(?<!line )(?<!camera )(?<!cell )(?<!station )(?<!machine )|(?=\d{{1,2}}:))"
    rf"(?:{JOINED})?(?P<b>\d{{1,2}}(?::\d\d)?) ?(?:o'?clock |[ap]m )?"
    r"(?P<which>this|in the|at|yesterday|last|on \w+day) (?P<part>morning|afternoon|evening|night)(?!\w)",
    re.IGNORECASE,
)
# 22:30 yesterday until 04:45 today, which is read with its days first.
CLOCKS_OF_DAYS = re.compile(
    r"(?<![\w:])(?:from |between )?(\d\d:\d\d) (yesterday|today) "
    r"(?:to|till|until|and|-) (\d\d:\d\d) (today|yesterday)(?!\w)"
)
DAYS = {"this": " today", "in the": "", "at": "", "yesterday": " yesterday", "last": " yesterday"}


def in_full(text: str, known: KnownNames) -> str:
    """Return a question without shorthand, `2 hrs b4`, so that what leans on the thread is seen."""
    kept = _words_of_names(known)
    for pattern, instead in _rules("shorthand"):
        text = pattern.sub(_unless_named(instead, kept), text)
    return text


def normal(text: str, known: KnownNames) -> str:
    """Return a question in plainer words; what belongs to a name stays."""
    kept = _words_of_names(known)
    text = _with_its_month(with_digits(text))
    for pattern in _nights():
        text = pattern.sub(_night, text)
    for pattern, instead in _rules():
        text = " ".join(pattern.sub(_unless_named(instead, kept), text).split())
    if known.sources:
        text = _left_out(known.sources).sub(lambda match: f"without {match['name'] or ''}", text)
    return CLOCKS_OF_DAYS.sub(r"from \2 \1 to \4 \3", SPOKEN.sub(_clocked, text))


def _words_of_names(known: KnownNames) -> frozenset[str]:
    named = folded(" ".join((*known.sources, *known.defect_classes, *known.people, *known.attributes)))
    own = {*re.findall(r"[a-z]+|\d+", named), *re.findall(r"[a-z0-9]+", named)}
    return frozenset(own | {f"{word}s" for word in own} | {f"{word}es" for word in own})


def _with_its_month(text: str) -> str:
    """Write `since mid march, say from the 15th on` with the month of the day: the one month that is named."""
    months = {match[0].lower() for match in _month().finditer(text)}
    if len(months) != 1:
        return text
    (month,) = months

    def named(match: re.Match[str]) -> str:
        before = text[: match.start()].lower()
        is_other = before.endswith((f"{month} ", "and ")) or PICKS.search(before) is not None
        return match[0] if is_other else f"{match[0]} of {month}"

    return LONE_DAY.sub(named, text)


@lru_cache
def _month() -> re.Pattern[str]:
    """Match the name of a month in full; `may` is none of its own accord."""
    long = [name for name in time_language().months if len(name) > len("may")]
    return re.compile(rf"(?<!\w)(?:{'|'.join(long)})(?!\w)", re.IGNORECASE)


def _unless_named(instead: str, kept: frozenset[str]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        words = re.findall(r"[a-z0-9]+", match[0].lower())
        return match[0] if len(words) == 1 and words[0] in kept else match.expand(instead)

    return replace


@lru_cache(maxsize=8)
def _left_out(sources: tuple[str, ...]) -> re.Pattern[str]:
    """Match what leaves a source out, before its name or round it: `drop line-2` asks for no change."""
    names = "|".join(r"[\s._#-]?".join(map(re.escape, re.findall(r"[^\W\d_]+|\d+", name))) for name in sources)
    return re.compile(
        rf"(?<![\w-])(?:leav(?:e|ing)|tak(?:e|ing)|keep(?:ing)?) (?:the )?(?P<name>{names}) (?:out|aside|away)(?!\w)|"
        rf"(?<![\w-])(?:drop|(?:take|leave|kick|throw|filter) out|skip|ignore|remove) (?:the )?(?=(?:{names})(?!\w))",
        re.IGNORECASE,
    )


def _night(match: re.Match[str]) -> str:
    """Write `the night from the 28th to the 29th of march` as of the 28th; a longer stretch stays as it is."""
    first, second = int(match["first"]), int(match["second"])
    starts, ends = match["its"] or match["month"], match["month"]
    is_next = second == first + 1 or (second == 1 and starts.lower()[:3] != ends.lower()[:3])
    return f"night shift of {first} {starts}" if is_next else match[0]


def _clocked(match: re.Match[str]) -> str:
    """Write `1 and 5 this morning` as `01:00 and 05:00 today`."""
    part, which = match["part"].lower(), match["which"].lower()
    day = DAYS.get(which, f" {which}")
    if match["a"] and int(match["a"].partition(":")[0]) > NOON:  # between 22:00 and 06:00 last night
        evening, day = {"last": (" yesterday", " today"), "this": (" yesterday", " today")}.get(which, ("", day))
        first, clock = (one if ":" in one else f"{one}:00" for one in (match["a"], match["b"]))
        return f"{first}{evening} {match['and']} {clock}{day}" if part != "evening" else match[0]
    if (part, which) == ("night", "last"):
        first = f"{_clock_of_last_night(match['a'])} {match['and']} " if match["a"] else ""
        return f"{first}{_clock_of_last_night(match['b'])}"
    first = f"{_clock(match['a'], part)} {match['and']} " if match["a"] else ""
    return f"{first}{_clock(match['b'], part)}{day}"


def _clock_of_last_night(text: str) -> str:
    """Write the hour with its day: past midnight it is today's."""
    clock = _clock(text, "night")
    return f"{clock} {'today' if int(clock.partition(':')[0]) < NOON else 'yesterday'}"


def _clock(text: str, part: str) -> str:
    hour, _, minute = text.partition(":")
    late = NOON if part in LATE and int(hour) < NOON and not (part == "night" and int(hour) < NOON // 2) else 0
    return f"{(int(hour) + late) % 24:02d}:{minute or '00'}"


@lru_cache
def _nights(name: str = "english") -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(say, re.IGNORECASE) for say in read_words(f"{name}_synonyms")["nights"])


@lru_cache
def _rules(kind: str = "rules", name: str = "english") -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(say, re.IGNORECASE), instead) for say, instead in read_words(f"{name}_synonyms")[kind])
