"""Names said where a name of the record would stand, which nothing and nobody there has."""

import re
from functools import lru_cache

from agent.assistant.reading.known import KnownNames, folded
from agent.assistant.reading.language import intent_language, phrase_words, slot_language
from agent.assistant.reading.question import MASK, Question
from agent.assistant.windows.language import words_of_time

VERB_LIKE = re.compile(r"(?:ed|ing|ly|est|er)$")
STRICT_LEAD = re.compile(r"(?:on|at|for|from) ")
NAME_LIKE = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)+|[a-z]+\d+|[a-z]{2,}")


def known_words(known: KnownNames) -> set[str]:
    """Return the words that names of the database are made of."""
    names = (*known.sources, *known.defect_classes, *known.attributes, *known.people)
    return {word for name in names for word in re.findall(r"[a-z]+", name.lower())}


def unknown_person(question: Question, known: KnownNames) -> str | None:
    """Return a name said like a person's, with a capital, that nobody of the record has."""
    words = intent_language().words | slot_language().common | phrase_words() | words_of_time() | known_words(known)
    small = surely_a_person(r"[a-z]{3,}").finditer(question.rest)
    for match in (*_named_person().finditer(question.cased), *small):
        said = next(one for one in match.groups() if one)
        if folded(said) not in words and MASK not in question.rest[match.start() : match.end()]:
            return said
    return None


@lru_cache
def surely_a_person(name: str) -> re.Pattern[str]:
    """Return how a person is spoken of beyond doubt, `did NAME label`; name: a pattern of the name."""
    words = slot_language()
    return re.compile(rf"\b(?:{words.person_lead}) ({name}) (?:{words.acts})\b")


def unknown_class(rest: str, known: KnownNames) -> str | None:
    """Return a word for a kind of damage that no class or attribute has in its name: `how many scratches`."""
    names = (*known.defect_classes, *known.attributes)
    classes = {word.rstrip("s") for name in names for word in re.findall(r"[a-z]+", folded(name))}
    found = slot_language().damage.finditer(rest)
    return next((one[0] for one in found if re.sub(r"(?<=[sxh])es$|s$", "", one[0]) not in classes), None)


def unknown_side(question: Question, known: KnownNames) -> str | None:
    """Return what a source is held against that is no source: `compare the paint-shop with line-2`."""
    pattern = r"\bcompare (?:the |our )?([a-z][\w-]{3,}) (?:with|to|against|and|vs) (?:the )?\x00"
    match = re.search(pattern, question.rest)
    words = intent_language().words | slot_language().common | words_of_time() | known_words(known) | phrase_words()
    return match[1] if match and not {match[1], match[1].rstrip("s")} & words else None


def unknown_place(question: Question, known: KnownNames) -> str | None:
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


@lru_cache
def _named_person() -> re.Pattern[str]:
    words = slot_language()
    return re.compile(
        rf"\b(?:{words.person_lead}) ([A-Z][a-z]{{2,}})\b(?! (?:{words.source_nouns}))"
        rf"|(?:^|[a-z] )(?:and |And )?([A-Z][a-z]{{2,}}) (?:{words.acted})\b"
        r"|^(?:And|and|What about|How about) ([A-Z][a-z]{2,})(?=[,?])"
        rf"|\b(?:did|has|have|by) (?:Dr|Mr|Mrs|Ms)\.? ([A-Z][a-z]{{2,}})\b"
        r"|\b(?:reviewer|inspector|colleague|labeller) ([A-Z][a-z]{2,})\b"
        r"|\b(?:my|our|your|the) (?:tutor|trainer|boss|manager|supervisor|foreman|mate|friend|intern|trainee|apprentice"
        r"|student|engineer|technician|operator|auditor|chief|lead) ([A-Z][a-z]{2,})\b"
    )
