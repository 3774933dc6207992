"""Names in a question: ids, sources with typos and plurals, detectors, classes, attributes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from agent.assistant.reading.known import KnownNames
from agent.assistant.reading.language import intent_language, phrase_words, slot_language
from agent.assistant.reading.question import MASK, Question
from agent.assistant.tools.names import same_digits, simplified

INSPECTION = re.compile(
    r"(?<![\w-])(?:a-|a ?#|#)(\d{1,18})(?![\w.-]*\w)|(?<![\w-])a(\d{1,18})(?!\w)"
    r"|(?<!\w)(?:anomaly|inspection|image|picture)(?: (?:number|no\.?|nr\.?|id))? #?(\d{1,18})(?![\w:]|[.-]\d)"
)
INCIDENT = re.compile(
    r"(?<![\w-])(i-?\d{1,18})(?!\w)|(?<!\w)incident(?: (?:number|no\.?|nr\.?|id))? (?:#)?(i-?\d{1,18}|\d{1,18})(?!\w)"
)
TYPO = 78.0
SHORTEST_TYPO = 4
SHORTEST_VALUE = 4
VERB_LIKE = re.compile(r"(?:ed|ing|ly|est|er)$")
STRICT_LEAD = re.compile(r"(?:on|at|for|from) ")
NAME_LIKE = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)+|[a-z]+\d+|[a-z]{2,}")


@dataclass(slots=True)
class Places:
    """What was named; several is an attribute named by two values, unknown a name said like a source's."""

    ids: list[int] = field(default_factory=list)
    incident: str | None = None
    sources: list[str] = field(default_factory=list)
    excluded_sources: list[str] = field(default_factory=list)
    detectors: list[str] = field(default_factory=list)
    defect_classes: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    person: str | None = None
    several: str | None = None
    unknown: str | None = None


def read_names(question: Question, known: KnownNames) -> Places:
    """Take ids and names spelled as the database has them out of a question."""
    places = Places()
    _detectors(question, known, places)
    _sources(question, known.sources, places)
    _ids(question, places)
    _short_sources(question, known, places)
    _attributes(question, known.attributes, places)
    _classes(question, known.defect_classes, places)
    _values(question, known.values, places)
    _people(question, known.people, places)
    return places


def read_misspelled(question: Question, known: KnownNames, places: Places) -> None:
    """Take misspelled names of sources and classes out of what is left, and note a name nothing has."""
    words = intent_language().words | phrase_words()
    for start, end in _spans(question.rest):
        said = question.rest[start:end]
        if all(word in words for word in re.split(r"[ _-]", said)) or MASK in said:
            continue
        source = _typo_of(said, known.sources)
        if source is not None:
            _add_source(question, places, source, start, end)
            continue
        defect_class = _typo_of(said, known.defect_classes)
        if defect_class is not None:
            places.defect_classes.append(defect_class)
            question.cover(start, end, "qclass")
    if not places.sources:
        places.unknown = _unknown(question, known)


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


def _sources(question: Question, names: Sequence[str], places: Places) -> None:
    found: dict[tuple[int, int], str] = {}
    for name in sorted(names, key=len, reverse=True):
        for match in _spelled(name).finditer(question.rest):
            if not any(start < match.end() and match.start() < end for start, end in found):
                found[match.span()] = name
    for (start, end), name in sorted(found.items()):
        _add_source(question, places, name, start, end)
    _listed(question, names, places)


def _short_sources(question: Question, known: KnownNames, places: Places) -> None:
    """Take the first word of a name for the whole: `solar` of solar-field, where no other source starts so."""
    firsts = [re.split(r"[\W\d_]", name.lower())[0] for name in known.sources]
    taken = slot_language().common | intent_language().words
    classes = {word for name in known.defect_classes for word in name.lower().split()}
    for name, first in zip(known.sources, firsts, strict=True):
        if len(first) < SHORTEST_TYPO or firsts.count(first) > 1 or first in taken | classes:
            continue
        match = re.search(
            rf"(?<![\w-]){re.escape(first)}(?:'?s)?(?: (?:{slot_language().source_nouns}))?(?![\w-])", question.rest
        )
        if match is not None:
            _add_source(question, places, name, match.start(), match.end())


def _listed(question: Question, names: Sequence[str], places: Places) -> None:
    """Read `lines 1, 2 and 3` as line-1, line-2 and line-3."""
    by_shape = {simplified(name): name for name in names}
    for match in re.finditer(r"(?<!\w)([a-z]+?)s? ?((?:#?\d+(?:,? and |,? or |, ?| ?& ?))+#?\d+)(?!\w)", question.rest):
        found = [by_shape.get(match[1] + number) for number in re.findall(r"\d+", match[2])]
        if all(found):
            for name in found[:-1]:
                places.sources.append(name or "")
            _add_source(question, places, found[-1] or "", match.start(), match.end())


def _add_source(question: Question, places: Places, name: str, start: int, end: int) -> None:
    is_excluded = slot_language().exclude.search(question.before(start)) is not None
    if not is_excluded and places.excluded_sources:
        is_excluded = re.search(r"\x00(?:,| and| or|, and)?\s*$", question.rest[:start]) is not None
    chosen = places.excluded_sources if is_excluded else places.sources
    if name not in chosen:
        chosen.append(name)
    question.cover(start, end, "qsource")


def _attributes(question: Question, keys: Iterable[str], places: Places) -> None:
    for key in keys:
        spoken = re.escape(key.lower()).replace("_", "[ _-]")
        pattern = rf"(?<!\w){spoken}(?: (?:number|no\.?|nr\.?|id|is))?\s*[:=#]?\s*([\w][\w./-]*)(?!\w)"
        for match in re.finditer(pattern, question.rest):
            value = question.cased[match.start(1) : match.end(1)]
            if re.search(r"\d", value) or "=" in match[0] or ":" in match[0]:
                places.attributes[key] = value
                question.cover(match.start(), match.end(), "qattribute")


def _values(question: Question, values: Mapping[str, Sequence[str]], places: Places) -> None:
    """Take values said without their key: one that is known, or one with digits of the same make, as B-1241."""
    for key, known in values.items():
        if key in places.attributes:
            continue
        makes = {_make(value) for value in known if re.search(r"\d", value) and re.search(r"[a-zA-Z]", value)}
        words = [re.escape(value.lower()) for value in known if _is_telling(value)]
        either = "|".join([*sorted(makes), *(f"{word}s?" for word in words)])
        match = re.search(rf"(?<![\w-])(?:{either})(?![\w-])", question.rest) if either else None
        if match is not None:
            said = question.cased[match.start() : match.end()]
            places.attributes[key] = next((one for one in known if one.lower() == said.lower().rstrip("s")), said)
            question.cover(match.start(), match.end(), "qattribute")
            _second_value(question, key, re.compile(rf"(?<![\w-])(?:{_any_of(known, either)})(?![\w-])"), places)


def _any_of(known: Sequence[str], either: str) -> str:
    """Return what any value reads like, once one of them was named."""
    return "|".join([either, *(rf"{re.escape(value.lower())}s?" for value in known)])


def _second_value(question: Question, key: str, pattern: re.Pattern[str], places: Places) -> None:
    """Read `brackets or frames` as asking about both, one beside the other."""
    match = pattern.search(question.rest)
    if match is not None:
        question.cover(match.start(), match.end(), "qattribute")
        places.attributes.pop(key)
        places.several = key


def _is_telling(value: str) -> bool:
    """Say whether a value is a word of its own, and none that questions hold anyway, as `frame`."""
    word = value.lower()
    return value.isalpha() and len(value) >= SHORTEST_VALUE and not {word, f"{word}s"} & slot_language().common


def _make(value: str) -> str:
    """Return the pattern of a value's make: the same letters, as many digits."""
    return re.sub(r"\d+", lambda digits: rf"\d{{{len(digits[0])}}}", re.escape(value.lower()))


def _classes(question: Question, names: Iterable[str], places: Places) -> None:
    for name in sorted(names, key=len, reverse=True):
        for match in list(_spelled(name, is_plural=True).finditer(question.rest)):
            if name not in places.defect_classes:
                places.defect_classes.append(name)
            question.cover(match.start(), match.end(), "qclass")


def _people(question: Question, names: Iterable[str], places: Places) -> None:
    """Take names of people: `slack:U1` is said `U1`."""
    for name in sorted(names, key=len, reverse=True):
        match = _spelled(name.rpartition(":")[2]).search(question.rest)
        if match is not None and match[0] not in slot_language().common:
            places.person = places.person or name
            question.cover(match.start(), match.end(), "qperson")


def _spelled(name: str, *, is_plural: bool = False) -> re.Pattern[str]:
    """Match a name whatever stands between its parts: line-1, line 1, line_1, Line1."""
    parts = re.findall(r"[^\W\d_]+|\d+|@", name.lower())
    ending = "(?:e?s)?" if is_plural else ""
    body = r"[\s._#-]?".join(re.escape(part) for part in parts) or re.escape(name.lower())
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


def _typo_of(said: str, names: Iterable[str]) -> str | None:
    wanted = simplified(said)
    if len(wanted) < SHORTEST_TYPO:
        return None
    best = max(names, key=lambda name: fuzz.ratio(wanted, simplified(name)), default=None)
    if best is None or not same_digits(wanted, simplified(best)) or wanted[0] != simplified(best)[0]:
        return None
    stripped = wanted.removesuffix("s")
    score = max(fuzz.ratio(wanted, simplified(best)), fuzz.ratio(stripped, simplified(best)))
    return best if score >= TYPO else None


def known_words(known: KnownNames) -> set[str]:
    """Return the words that names of the database are made of."""
    names = (*known.sources, *known.defect_classes, *known.attributes, *known.people)
    return {word for name in names for word in re.findall(r"[a-z]+", name.lower())}


def _unknown(question: Question, known: KnownNames) -> str | None:
    """Return a name said where a source's name would stand, which no source has."""
    language, words = slot_language(), intent_language().words
    stems = {re.sub(r"[\W\d_]+$", "", name.lower()) for name in known.sources} | {"source", "camera", "line"}
    nouns = "|".join(re.escape(stem) for stem in sorted(stems, key=len, reverse=True) if stem)
    numbered = re.search(rf"(?<![\w-])((?:{nouns})[\s._#-]?\d+)(?![\w:])", question.rest)
    if numbered is not None:
        return numbered[1]
    named = re.search(rf"(?<!\w)(?:the|our|a) ([a-z][\w-]{{3,}}) (?:{language.source_nouns})(?!\w)", question.rest)
    if named is not None and not {named[1], named[1].rstrip("s")} & (words | language.common | known_words(known)):
        return named[1]
    lead = rf"(?<!\w)(?:{language.place_lead})(?: the| our| a)?(?: (?:{language.source_nouns}))?"
    for match in re.finditer(rf"{lead} ([\w][\w.-]*)(?!\w)", question.rest):
        said = match[1]
        is_known_word = {said, said.rstrip("s")} & (words | language.common) or VERB_LIKE.search(said)
        is_marked = re.search(r"[\d_-]", said) is not None
        if NAME_LIKE.fullmatch(said) and not is_known_word and (is_marked or STRICT_LEAD.match(match[0])):
            return said
    return None
