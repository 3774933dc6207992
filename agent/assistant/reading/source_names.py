"""Sources in a question: spelled anyhow, in another order, in part, in plural, with slips; and names that none has."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import permutations

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from agent.assistant.reading.known import KnownNames, folded, words_of
from agent.assistant.reading.language import intent_language, slot_language
from agent.assistant.reading.sentences import sentence_encoder
from agent.assistant.tools.names import same_digits, simplified

SEPARATOR = r"[\s._#'-]?"
TYPO = 78.0
JOINED_TYPO = 86.0
SHORTEST = 3
SHORTEST_TYPO = 4
MOST_TOKENS = 3
PAIR = 2
SHORT = 2
# Letters before a number that mean something else: ids, quarters, hours, days, weeks, months, shifts.
NO_INITIAL = set("aiqhdwmsxkp")
INITIALLED = re.compile(r"(?<![\w.@/-])([a-z])[ -]?(\d+)(?![\w-]|\.\d)")


def _no_name_after() -> str:
    """Return the pattern that no number which is a name stands before: `12 april`, `the 3 worst`."""
    return rf"(?! ?(?:{slot_language().no_name_after}))"


def spelled(name: str) -> str:
    """Return the pattern of a name whatever stands between its parts: line-1, line 1, line_1, Line1."""
    parts = tokens_of(name)
    body = SEPARATOR.join(re.escape(part) for part in parts) or re.escape(folded(name))
    return rf"{body}(?:'?s)?" if parts and parts[-1].isdigit() else body  # line 2's


def tokens_of(name: str) -> list[str]:
    """Return the parts of a name: its stretches of letters and of digits."""
    return re.findall(r"[^\W\d_]+|\d+|@", folded(name))


def found_sources(rest: str, names: Sequence[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Yield where sources are named in full, those longest first that share words: start, end, and which."""
    taken: list[tuple[int, int]] = []
    for name, pattern in _in_full(tuple(name for name in names if not name.isdigit())):
        for match in pattern.finditer(rest):
            if not any(start < match.end() and match.start() < end for start, end in taken):
                taken.append(match.span())
                yield match.start(), match.end(), (name,)


@lru_cache(maxsize=8)
def _in_full(names: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the patterns of names, longest first; compiled once, for there may be a hundred cameras."""
    ranked = sorted(names, key=len, reverse=True)
    found = [(name, spelled(name)) for name in ranked]
    found += [(name, order) for name in ranked for order in _reordered(name)]
    return tuple((name, re.compile(rf"(?<![\w@-])(?:source )?{body}(?![\w@]|-\w|\.\d)")) for name, body in found)


def _reordered(name: str) -> Iterator[str]:
    """Yield the patterns of a name's words in any other order: the left microscope."""
    parts = tokens_of(name)
    if 1 < len(parts) <= MOST_TOKENS and not any(part.isdigit() for part in parts):
        for order in list(permutations(parts))[1:]:
            yield r"[\s_-]".join(map(re.escape, order))


def numbered_sources(rest: str, names: Sequence[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Yield sources whose names are mere numbers, where a number can be one; times are taken out before."""
    numbers = [name for name in names if name.isdigit()]
    if numbers:
        either = "|".join(sorted(numbers, key=len, reverse=True))
        for match in re.finditer(rf"(?<![\w.:@/-])(?:{either})(?![\w-]){_no_name_after()}", rest):
            lead = rest[: match.start()].rstrip(" ")
            is_led = re.search(rf"(?:^|[\s,\x00])(?:{slot_language().name_lead})$", lead) is not None
            if not lead or lead[-1] in "\x00," or is_led:
                yield match.start(), match.end(), (match[0],)


def listed_sources(rest: str, names: Sequence[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Yield `lines 1, 2 and 3` as line-1, line-2 and line-3."""
    by_shape = {simplified(name): name for name in names}
    for match in re.finditer(r"(?<!\w)([a-z]+?)s? ?((?:#?\d+(?:,? and |,? or |, ?| ?& ?))+#?\d+)(?!\w)", rest):
        found = [by_shape.get(match[1] + number) for number in re.findall(r"\d+", match[2])]
        if all(found):
            yield match.start(), match.end(), tuple(name for name in found if name)


def shortened_sources(rest: str, known: KnownNames) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Yield what a part of a name means: the only source that begins so, or in plural all that begin so."""
    begun = _sharing(known.sources, first_only=True)
    shared = {part: owners for part, owners in _sharing(known.sources, first_only=False).items() if len(owners) > 1}
    for token, owners in (shared | begun).items():
        pattern = _begun(token, len(owners), known)
        for match in re.finditer(pattern, rest) if token[1:] in rest and pattern else ():
            if re.search(rf"(?:^|\s)(?:{slot_language().sides}) $", rest[: match.start()]) is None:
                yield match.start(), match.end(), owners
    short = _initialled(known.sources)
    for match in INITIALLED.finditer(rest):
        if match[1] + match[2] in short:
            yield match.start(), match.end(), (short[match[1] + match[2]],)
    for token, owners in _sharing(known.sources, first_only=False).items():
        if len(owners) == 1 and token in rest and token not in begun and _tells(token, known):  # the SPI
            pattern = rf"(?<![\w-])(?:the|on|at|from|only|just) (?:the )?({re.escape(token)})(?![\w-])"
            yield from ((*match.span(1), owners) for match in re.finditer(pattern, rest))
        if len(owners) == 1 and f"{token} one" in rest:  # the left one
            pattern = rf"(?<![\w-])(?:the )?{re.escape(token)} one(?![\w-])"
            yield from ((match.start(), match.end(), owners) for match in re.finditer(pattern, rest))


def _begun(token: str, owners: int, known: KnownNames) -> str:
    """Return the pattern of the word that so many names begin with; empty where it says too little."""
    nouns = slot_language().source_nouns
    word = f"{re.escape(token[0])}-?{re.escape(token[1:])}"  # x-ray is xray
    if owners == 1:
        ending = "(?:'?s|er|ers|ing)?" if len(token) >= SHORTEST_TYPO else ""
        others = rf"(?![ ._#-](?!right (?:now|away)(?!\w))(?:{slot_language().sides}|[a-z]|\d+[a-z]?)(?!\w))"
        return rf"(?<![\w-]){word}{ending}(?: (?:{nouns}))?(?![\w-]){others}" if _tells(token, known) else ""
    if token in nouns.split("|"):
        return rf"(?<![\w-])both (?:the )?{word}s(?![\w-])" if owners == PAIR else ""
    several = "both|all|the two" if owners == PAIR else "all"
    plural = rf"(?:(?:both|all|the|two|three|our) )*{word}(?:e?s)"
    with_noun = rf"(?:{several}) (?:of )?(?:the |our )?{word} (?:{nouns})s"
    return rf"(?<![\w-])(?:{plural}|{with_noun})(?: together)?(?![\w-])"


def _initialled(names: Sequence[str]) -> dict[str, str]:
    """Return what is short for a name, as `l2` for line-2, where no other is short for that, nor a unit or an id."""
    short = [(parts[0][0] + parts[1], name) for name in names if len(parts := tokens_of(name)) == PAIR]
    times = Counter(said for said, _ in short)
    return {said: name for said, name in short if times[said] == 1 and said[0] not in NO_INITIAL}


def _sharing(names: Sequence[str], *, first_only: bool) -> dict[str, tuple[str, ...]]:
    """Return which sources have a part of a name, longest part first."""
    found: dict[str, list[str]] = {}
    for name in names:
        parts = [part for part in re.split(r"[\W\d_]+", folded(name)) if len(part) >= SHORTEST]
        for part in parts[:1] if first_only else parts:
            found.setdefault(part, []).append(name)
    return {part: tuple(owners) for part, owners in sorted(found.items(), key=lambda pair: -len(pair[0]))}


def _tells(token: str, known: KnownNames) -> bool:
    """Say whether a part of a name is a word that questions do not hold anyway."""
    others = {word for name in (*known.defect_classes, *known.people) for word in words_of(name)}
    others |= {word for values in known.values.values() for value in values for word in words_of(value)}
    others |= {word for key in known.attributes for word in words_of(key)}
    return token not in slot_language().common | intent_language().words | others


def typo_of(said: str, names: Sequence[str]) -> str | None:
    """Return the name that was meant with a slip, None where none is near enough; numbers are never slips."""
    wanted = simplified(said)
    if len(wanted) < SHORTEST_TYPO:
        return None
    for name in names:
        if (
            simplified(name)
            and wanted[0] == simplified(name)[0]
            and same_digits(wanted, simplified(name))
            and _is_near(said, name)
        ):
            return name
    return None


def _is_near(said: str, name: str) -> bool:
    mine, theirs = re.split(r"[\s._-]+", folded(said)), re.split(r"[\s._-]+", folded(name))
    if len(mine) == len(theirs):
        shortest = SHORTEST if any(part.isdigit() for part in theirs) else SHORTEST_TYPO  # lin-2
        return all(_is_same_word(one, other, shortest) for one, other in zip(mine, theirs, strict=True))
    shapes = simplified(said), simplified(folded(name))
    return max(fuzz.ratio(*shapes), fuzz.ratio(shapes[0].removesuffix("s"), shapes[1])) >= JOINED_TYPO


def _is_same_word(one: str, other: str, shortest: int = SHORTEST_TYPO) -> bool:
    if one == other or _is_slip_of(one, other):
        return True
    if min(len(one), len(other)) < shortest or not same_digits(one, other):
        return False
    return max(fuzz.ratio(one, other), fuzz.ratio(one.removesuffix("s"), other)) >= TYPO


def _is_slip_of(one: str, other: str) -> bool:
    """Say whether a part of a name is another with one slip, and no word of its own: `prss` of press."""
    is_near = one[:1] == other[:1] and len(other) >= SHORTEST_TYPO and OSA.distance(one, other, score_cutoff=1) == 1
    return is_near and same_digits(one, other) and not sentence_encoder().is_word(one)


def unknown_sibling(rest: str, known: KnownNames) -> str | None:
    """Return a name made like those of sources, which none has: `roof-c` beside roof-a, `field south`."""
    sides = slot_language().sides
    for name in known.sources:
        parts = tokens_of(name)
        if len(parts) < PAIR or len(parts[0]) < SHORTEST or not (parts[0] in rest or parts[-1] in rest):
            continue
        head, last = re.escape(parts[0]), parts[-1]
        other = re.search(rf"(?<![\w-])([a-z]{{3,}}[_-]{re.escape(last)})(?![\w-])", rest)
        if other is not None and len(last) > SHORT:
            return other[1]
        short = r"(?:[a-z]|\d+[a-z]?)" if len(last) <= SHORT else r"[a-z]{3,}"
        joined = re.search(rf"(?<![\w-])({head}[._#-]{short}|{head} (?:\d+[a-z]?|[b-hj-z]))(?!\w|:\d|-\w)", rest)
        if joined is not None and len(last) <= SHORT:
            return joined[1]
        if joined is not None and joined[1][len(parts[0])] in "._-":
            return joined[1]
        if last in sides.split("|"):
            side = re.search(rf"(?<![\w-])({head} (?:{sides})|(?:{sides}) {head})(?![\w-])", rest)
            if side is not None:
                return side[1]
    return None


def unknown_machine(rest: str, known: KnownNames) -> str | None:
    """Return a name made of a machine's noun and a number, as `cam-13` and `lab-bench-2`, which is no source's."""
    nouns = slot_language().machines
    named = r"(?!(?:per|each|every|any|all|off|multi|single)-)[a-z]{3,}-cam(?:era)?"
    made = rf"(?:[a-z]{{3,}}-)?(?:{nouns})[-_#]\d{{1,4}}[a-z]?|{named}"
    match = re.search(rf"(?<![\w-])({made})(?!\w|:\d|-\w|\.\d)", rest)
    return match[1] if match and known.sources else None


def unknown_initial(rest: str, known: KnownNames) -> str | None:
    """Return `l9` where l1 and l2 are short for lines 1 and 2 and no source is short for it."""
    short = _initialled(known.sources)
    letters = Counter(said[0] for said in short if said[1:].isdigit())
    numbered = "".join(letter for letter, times in letters.items() if times >= PAIR)
    found = re.finditer(rf"(?<![\w-])([{numbered}]\d{{1,2}})(?![\w-])", rest) if numbered else ()
    return next((match[1] for match in found if match[1] not in short), None)


def unknown_number(rest: str, known: KnownNames) -> str | None:
    """Return a number said like the name of a source, where sources are called by numbers and none by that."""
    if not any(name.isdigit() for name in known.sources):
        return None
    match = re.search(rf"(?<!\w)(?:on|source|line|at|for) (\d{{1,4}})(?![\w-]){_no_name_after()}", rest)
    return match[1] if match else None
