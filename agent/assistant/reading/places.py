"""Names in a question: ids, sources with typos and plurals, detectors, classes, attributes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from agent.assistant.reading.known import KnownNames, folded
from agent.assistant.reading.language import intent_language, phrase_words, slot_language
from agent.assistant.reading.question import MASK, Question
from agent.assistant.reading.source_names import (
    found_sources,
    listed_sources,
    numbered_sources,
    shortened_sources,
    spelled,
    typo_of,
    unknown_initial,
    unknown_machine,
    unknown_number,
    unknown_sibling,
)
from agent.assistant.windows.language import words_of_time

INSPECTION = re.compile(
    r"(?<![\w-])(?:a-|a ?#|#)(\d{1,18})(?![\w.-]*\w)|(?<![\w-])a(\d{1,18})(?!\w)"
    r"|(?<!\w)(?:anomaly|inspection|image|picture)(?: (?:number|no\.?|nr\.?|id))? #?(\d{1,18})(?![\w:]|[.-]\d)"
)
INCIDENT = re.compile(
    r"(?<![\w-])(i-?\d{1,18})(?!\w)|(?<!\w)incident(?: (?:number|no\.?|nr\.?|id))? (?:#)?(i-?\d{1,18}|\d{1,18})(?!\w)"
)
SHORTEST_VALUE = 3
# `not judged on line-1` leaves no source out.
JUDGED = re.compile(r"judged|label|marked|called|said")
# Before a key that asks for groups, not for one value.
BY_KEY = re.compile(r"\b(?:which|what|by|per|each|every) $")
VERB_LIKE = re.compile(r"(?:ed|ing|ly|est|er)$")
STRICT_LEAD = re.compile(r"(?:on|at|for|from) ")
NAME_LIKE = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)+|[a-z]+\d+|[a-z]{2,}")


@dataclass(slots=True)
class Places:
    """What was named; several is an attribute named by two values, its sides, unknown a name said like a source's."""

    ids: list[int] = field(default_factory=list)
    incident: str | None = None
    sources: list[str] = field(default_factory=list)
    excluded_sources: list[str] = field(default_factory=list)
    detectors: list[str] = field(default_factory=list)
    defect_classes: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    person: str | None = None
    are_several_people: bool = False
    several: str | None = None
    sides: list[tuple[str, str]] = field(default_factory=list)
    left_out: tuple[str, str] | None = None
    unknown: str | None = None
    unknown_class: str | None = None
    unknown_person: str | None = None
    is_surely_person: bool = False


def read_names(question: Question, known: KnownNames) -> Places:
    """Take ids and names spelled as the database has them out of a question."""
    places = Places()
    _detectors(question, known, places)
    _keyed_values(question, known, places)
    _sources(question, found_sources(question.rest, known.sources), places)
    _sources(question, listed_sources(question.rest, known.sources), places)
    _ids(question, places)
    _values(question, known.values, places, is_long=True)
    _classes(question, known.defect_classes, places)
    _sources(question, shortened_sources(question.rest, known), places)
    _values(question, known.values, places, is_long=False)
    _people(question, known.people, places)
    return places


def read_misspelled(question: Question, known: KnownNames, places: Places) -> None:
    """Take numbers that are names, and misspelled names, out of what times have left; note a name nothing has."""
    _sources(question, numbered_sources(question.rest, known.sources), places)
    rest = question.rest
    places.unknown = unknown_sibling(rest, known) or unknown_machine(rest, known) or unknown_initial(rest, known)
    words = intent_language().words | phrase_words()
    for start, end in _spans(question.rest):
        said = question.rest[start:end]
        if all(word in words for word in re.split(r"[ _-]", said)) or MASK in said or said == places.unknown:
            continue
        source = typo_of(said, known.sources)
        if source is not None:
            _add_sources(question, places, (source,), start, end)
            continue
        defect_class = typo_of(said, known.defect_classes)
        if defect_class is not None:
            places.defect_classes.append(defect_class)
            question.cover(start, end, "qclass")
    if known.defect_classes and not places.defect_classes:
        places.unknown_class = _unknown_class(question.rest, known)
    if places.person is None and not places.are_several_people:
        places.unknown_person = _unknown_person(question, known)
        is_said = _surely_a_person(r"[A-Za-z][a-z]{2,}").search(question.cased) is not None
        places.is_surely_person = places.unknown_person is not None and is_said
    places.unknown = places.unknown or _unknown_side(question, known)
    if not places.sources and not places.ids and places.incident is None:
        places.unknown = places.unknown or unknown_number(question.rest, known) or _unknown(question, known)


def _ids(question: Question, places: Places) -> None:
    for match in INCIDENT.finditer(question.rest):
        places.incident = places.incident or (match[1] or match[2])
        question.cover(match.start(), match.end(), "qincident")
    for match in INSPECTION.finditer(question.rest):
        places.ids.append(int(match[1] or match[2] or match[3]))
        question.cover(match.start(), match.end(), "qid")


def _detectors(question: Question, known: KnownNames, places: Places) -> None:
    found: dict[int, str] = {}
    for name in sorted(known.detectors, key=len, reverse=True):
        for match in _spelled(name).finditer(question.rest):
            found[match.start()] = name
            question.cover(match.start(), match.end(), "qdetector")
    places.detectors += dict.fromkeys(found[at] for at in sorted(found))  # as they were said: a comparison has sides


def _sources(question: Question, found: Iterable[tuple[int, int, tuple[str, ...]]], places: Places) -> None:
    for start, end, names in sorted(found):
        if MASK not in question.rest[start:end]:
            _add_sources(question, places, names, start, end)


def _add_sources(question: Question, places: Places, names: Sequence[str], start: int, end: int) -> None:
    left_out = slot_language().exclude.search(question.before(start))
    is_excluded = left_out is not None and JUDGED.search(left_out[0]) is None
    if not is_excluded and places.excluded_sources:
        is_excluded = re.search(r"\x00(?:,| and| or|, and)?(?: the)?\s*$", question.rest[:start]) is not None
    chosen = places.excluded_sources if is_excluded else places.sources
    chosen += [name for name in names if name not in chosen]
    question.cover(start, end, "qsource")


def _keyed_values(question: Question, known: KnownNames, places: Places) -> None:
    """Take values said with their key: lot B-1241, tray 12, grade b, colour=red."""
    for key in known.attributes:
        values = {folded(value) for value in known.values.get(key, ())}
        spoken = re.escape(folded(key)).replace("_", "[ _-]")
        pattern = rf"(?<!\w){spoken}(?: (?:number|no\.?|nr\.?|id|is))?\s*[:=#]?\s*([\w][\w./-]*)(?!\w)"
        for match in re.finditer(pattern, question.rest):
            end = match.start(1) + len(match[1].rstrip("./-"))
            value = question.cased[match.start(1) : end]
            is_plural = value.endswith("s") and folded(value[:-1]) in values and folded(value) not in values
            value = _as_written(value[:-1] if is_plural else value, known.values.get(key, ()))
            is_title = (
                question.cased[match.start()].isupper() or BY_KEY.search(question.before(match.start())) is not None
            )
            if _is_said_with_its_key(value, match[0], values, f"{folded(key)}s", is_title=is_title):
                if slot_language().exclude.search(question.before(match.start())) is not None:
                    _leave_out(key, value, known.values.get(key, ()), places)
                elif key in places.attributes:
                    places.sides = [(key, places.attributes.pop(key)), (key, value)]
                    places.several = key
                else:
                    places.attributes[key] = value
                question.cover(match.start(), end, "qattribute")


def _as_written(value: str, known: Sequence[str]) -> str:
    """Return a value in the letters the record has: lot b-1241 is B-1241, where every lot is in capitals."""
    same = next((one for one in known if folded(one) == folded(value)), None)
    are_capitals = bool(known) and all(one.upper() == one for one in known)
    return same or (value.upper() if are_capitals else value)


def _is_said_with_its_key(value: str, said: str, values: set[str], plural: str, *, is_title: bool) -> bool:
    """Whether what stands behind a key is its value: a known one, one with a number, one with a capital: tech Pavel."""
    if folded(value) in values and plural not in said:
        return True
    if re.search(r"\d", value) or "=" in said or ":" in said:
        return True
    is_a_name = not is_title and value[0].isupper() and value[1:].islower() and bool(values) and plural not in said
    return is_a_name and folded(value) not in slot_language().common | words_of_time()


def _values(question: Question, values: Mapping[str, Sequence[str]], places: Places, *, is_long: bool) -> None:
    """Take values said without their key: one that is known, or one with digits of the same make, as B-1241."""
    for key, known in values.items():
        if places.several == key:
            continue
        pattern = _value_pattern([value for value in known if (" " in value.strip()) == is_long])
        found = [] if pattern is None else list(pattern.finditer(question.rest))
        for match in found:
            said = question.cased[match.start() : match.end()]
            value = next((one for one in known if _is_value(said, one)), said)
            if slot_language().exclude.search(question.before(match.start())) is not None:
                question.cover(match.start(), match.end(), "qattribute")
                _leave_out(key, value, known, places)
                continue
            question.cover(match.start(), match.end(), "qattribute")
            before = places.attributes.get(key)
            if before is None or before == value:
                places.attributes[key] = value
                _other_side(question, key, value, known, places)
            else:
                places.attributes.pop(key)
                places.sides, places.several = [(key, before), (key, value)], key
                break
            if places.several == key:
                break


def _leave_out(key: str, value: str, known: Sequence[str], places: Places) -> None:
    """Note a value that is left out: the other of two is meant, of more it cannot be said which."""
    others = [one for one in known if one != value]
    if len(others) == 1:
        places.attributes.setdefault(key, others[0])
    else:
        places.left_out = (key, value)


def _other_side(question: Question, key: str, value: str, known: Sequence[str], places: Places) -> None:
    """Take the second of `brackets or frames`, though it is a word that questions hold anyway."""
    others = "|".join(re.escape(folded(one)) for one in known if one != value)
    link = r"(?:,? (?:or|and|vs\.?|versus|against|than|to|with|compared (?:to|with)) (?:the )?|/)"
    beside = rf"\x00{link}({others})s?(?![\w-])|(?<![\w-])({others})s?{link}\x00"
    match = re.search(beside, question.rest) if others else None
    if match is None:
        return
    at = 1 if match[1] else 2
    said = next(one for one in known if folded(one) == match[at])
    question.cover(match.start(at), match.end(at), "qattribute")
    places.attributes.pop(key)
    places.sides, places.several = [(key, value), (key, said)], key


def _is_value(said: str, value: str) -> bool:
    return folded(value) in {folded(said), folded(said).removesuffix("s")}


def _value_pattern(known: Sequence[str]) -> re.Pattern[str] | None:
    makes = {_make(value) for value in known if re.search(r"\d", value) and re.search(r"[a-zA-Z]", value)}
    words = [re.escape(folded(value)) for value in known if _is_telling(value)]
    either = "|".join([*sorted(makes, key=len, reverse=True), *(f"{word}s?" for word in sorted(words, key=len)[::-1])])
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])(?! (?:frames?|images?|pictures?))") if either else None


def _is_telling(value: str) -> bool:
    """Say whether a value is a word of its own, and none that questions hold anyway, as `frame`."""
    word = folded(value)
    if " " in word.strip():
        return re.fullmatch(r"[^\W\d_]+(?: [^\W\d_]+)+", word) is not None
    if re.search(r"\d[/._-]\d", value) and len(value) > SHORTEST_VALUE:
        return True
    if re.fullmatch(r"[^\W\d_]+(?:[&+/][^\W\d_]+)+", word):
        return True  # H&E
    return value.isalpha() and len(value) >= SHORTEST_VALUE and not {word, f"{word}s"} & slot_language().common


def _make(value: str) -> str:
    """Return the pattern of a value's make: the same letters, as many digits."""
    return re.sub(r"\d+", lambda digits: rf"\d{{{len(digits[0])}}}", re.escape(folded(value)))


def _classes(question: Question, names: Iterable[str], places: Places) -> None:
    for name in sorted(names, key=len, reverse=True):
        for match in list(_spelled(name, is_plural=True).finditer(question.rest)):
            if name not in places.defect_classes:
                places.defect_classes.append(name)
            question.cover(match.start(), match.end(), "qclass")


def _people(question: Question, names: Iterable[str], places: Places) -> None:
    """Take names of people: `slack:U1` is said `U1`; one called May is meant where a person is spoken of."""
    for name in sorted(names, key=len, reverse=True):
        said = name.rpartition(":")[2]
        pattern = _spelled(said).pattern
        if folded(said) in slot_language().common | words_of_time():
            pattern = (
                rf"(?:(?<=by )|(?<=did )|(?<=has )|(?<=does )|(?<=from )|(?<=reviewer ))(?:{pattern})(?! (?:the )?\d)"
            )
        for match in list(re.finditer(pattern, question.rest)):
            places.are_several_people = places.are_several_people or places.person not in {None, name}
            places.person = places.person or name
            question.cover(match.start(), match.end(), "qperson")
    places.person = None if places.are_several_people else places.person


@lru_cache
def _named_person() -> re.Pattern[str]:
    words = slot_language()
    return re.compile(
        rf"\b(?:{words.person_lead}) ([A-Z][a-z]{{2,}})\b(?! (?:{words.source_nouns}))"
        rf"|(?:^|[a-z] )(?:and |And )?([A-Z][a-z]{{2,}}) (?:{words.acted})\b"
        r"|^(?:And|and|What about|How about) ([A-Z][a-z]{2,})(?=[,?])"
        rf"|\b(?:did|has|have|by) (?:Dr|Mr|Mrs|Ms)\.? ([A-Z][a-z]{{2,}})\b"
        r"|\b(?:reviewer|inspector|colleague|labeller) ([A-Z][a-z]{2,})\b"
    )


@lru_cache
def _surely_a_person(name: str) -> re.Pattern[str]:
    words = slot_language()
    return re.compile(rf"\b(?:{words.person_lead}) ({name}) (?:{words.acts})\b")


def _unknown_person(question: Question, known: KnownNames) -> str | None:
    """Return a name said like a person's, with a capital, that nobody of the record has."""
    words = intent_language().words | slot_language().common | phrase_words() | words_of_time() | known_words(known)
    small = _surely_a_person(r"[a-z]{3,}").finditer(question.rest)
    for match in (*_named_person().finditer(question.cased), *small):
        said = next(one for one in match.groups() if one)
        if folded(said) not in words and MASK not in question.rest[match.start() : match.end()]:
            return said
    return None


def _unknown_class(rest: str, known: KnownNames) -> str | None:
    """Return a word for a kind of damage that no class or attribute has in its name: `how many scratches`."""
    names = (*known.defect_classes, *known.attributes)
    classes = {word.rstrip("s") for name in names for word in re.findall(r"[a-z]+", folded(name))}
    found = slot_language().damage.finditer(rest)
    return next((one[0] for one in found if re.sub(r"(?<=[sxh])es$|s$", "", one[0]) not in classes), None)


def _spelled(name: str, *, is_plural: bool = False) -> re.Pattern[str]:
    """Match a name whatever stands between its parts: line-1, line 1, line_1, Line1."""
    body, ending = spelled(name), "(?:e?s)?" if is_plural else ""
    if is_plural and name.lower().endswith("s"):
        body = re.sub(r"s$", "", body) + "(?:e?s)?"
        ending = ""
    if is_plural and name.lower().endswith("y"):
        body, ending = body[:-1], "(?:y|ies)"
    return re.compile(rf"(?<![\w@-])(?:source )?{body}{ending}(?![\w@]|-\w|\.\d)")


def _spans(rest: str) -> list[tuple[int, int]]:
    """Return stretches of three, two and one words that may be one name."""
    words = [(match.start(), match.end()) for match in re.finditer(r"[a-z0-9][\w.-]*", rest)]
    return [(words[at][0], words[at + size - 1][1]) for size in (3, 2, 1) for at in range(len(words) - size + 1)]


def known_words(known: KnownNames) -> set[str]:
    """Return the words that names of the database are made of."""
    names = (*known.sources, *known.defect_classes, *known.attributes, *known.people)
    return {word for name in names for word in re.findall(r"[a-z]+", name.lower())}


def _unknown_side(question: Question, known: KnownNames) -> str | None:
    """Return what a source is held against that is no source: `compare the paint-shop with line-2`."""
    pattern = r"\bcompare (?:the |our )?([a-z][\w-]{3,}) (?:with|to|against|and|vs) (?:the )?\x00"
    match = re.search(pattern, question.rest)
    words = intent_language().words | slot_language().common | words_of_time() | known_words(known) | phrase_words()
    return match[1] if match and not {match[1], match[1].rstrip("s")} & words else None


def _unknown(question: Question, known: KnownNames) -> str | None:
    """Return a name said where a source's name would stand, which no source has."""
    language, words = slot_language(), intent_language().words
    stems = {re.sub(r"[\W\d_]+$", "", name.lower()) for name in known.sources} | {"source", "camera", "line"}
    nouns = "|".join(re.escape(stem) for stem in sorted(stems, key=len, reverse=True) if stem)
    numbered = re.search(rf"(?<![\w-])((?:{nouns})[\s._#-]?\d+)(?![\w:])", question.rest)
    if numbered is not None:
        return numbered[1]
    nouns = f"{language.source_nouns}|{language.place_nouns}"
    first = rf"^(?P<first>[a-z][\w-]{{3,}}) (?:{language.place_nouns})(?!\w)"
    named = re.search(rf"(?<!\w)(?:the|our|a) ([a-z][\w-]{{3,}}) (?:{nouns})(?!\w)", question.rest)
    named = named or re.search(first, question.rest)
    if named is not None and not {named[1], named[1].rstrip("s")} & (words | language.common | known_words(known)):
        return named[1]
    lead = rf"(?<!\w)(?:{language.place_lead})(?: the| our| a)?(?: (?:{language.source_nouns}))?"
    for match in re.finditer(rf"{lead} ([\w][\w.-]*)(?!\w)", question.rest):
        said = match[1]
        if match[0].startswith("from ") and question.rest[match.end() :].startswith(" to "):
            continue  # from receipt to inspection
        is_known_word = {said, said.rstrip("s")} & (words | language.common) or VERB_LIKE.search(said)
        is_marked = re.search(r"[\d_-]", said) is not None
        if NAME_LIKE.fullmatch(said) and not is_known_word and (is_marked or STRICT_LEAD.match(match[0])):
            return said
    return None
