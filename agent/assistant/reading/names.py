"""Names in a question, taken out of it: ids, sources with typos and plurals, detectors, classes, people."""

import re
from collections.abc import Iterable, Sequence

from agent.assistant.reading.attribute_values import take_keyed_values, take_values
from agent.assistant.reading.known import KnownNames, folded
from agent.assistant.reading.language import intent_language, phrase_words, slot_language
from agent.assistant.reading.places import Places
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
from agent.assistant.reading.unknown_names import (
    surely_a_person,
    unknown_class,
    unknown_person,
    unknown_place,
    unknown_side,
)
from agent.assistant.windows.language import words_of_time

INSPECTION = re.compile(
    r"(?<![\w-])(?:a-|a ?#|#)(\d{1,18})(?![\w.-]*\w)|(?<![\w-])a(\d{1,18})(?!\w)"
    r"|(?<!\w)(?:anomaly|inspection|image|picture)(?: (?:number|no\.?|nr\.?|id))? #?(\d{1,18})(?![\w:]|[.-]\d)"
)
INCIDENT = re.compile(
    r"(?<![\w-])(i-?\d{1,18})(?!\w)|(?<!\w)incident(?: (?:number|no\.?|nr\.?|id))? (?:#)?(i-?\d{1,18}|\d{1,18})(?!\w)"
)
# `not judged on line-1` leaves no source out.
JUDGED = re.compile(r"judged|label|marked|called|said")


def read_names(question: Question, known: KnownNames) -> Places:
    """Take ids and names spelled as the database has them out of a question."""
    places = Places()
    _detectors(question, known, places)
    take_keyed_values(question, known, places)
    _sources(question, found_sources(question.rest, known.sources), places)
    _sources(question, listed_sources(question.rest, known.sources), places)
    _ids(question, places)
    take_values(question, known.values, places, is_long=True)
    _classes(question, known.defect_classes, places)
    _sources(question, shortened_sources(question.rest, known), places)
    take_values(question, known.values, places, is_long=False)
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
        places.unknown_class = unknown_class(question.rest, known)
    if places.person is None and not places.are_several_people:
        places.unknown_person = unknown_person(question, known)
        is_said = surely_a_person(r"[A-Za-z][a-z]{2,}").search(question.cased) is not None
        places.is_surely_person = places.unknown_person is not None and is_said
    places.unknown = places.unknown or unknown_side(question, known)
    if not places.sources and not places.ids and places.incident is None:
        places.unknown = places.unknown or unknown_number(question.rest, known) or unknown_place(question, known)


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
