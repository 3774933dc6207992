"""Values of attributes in a question, with their key (lot B-1241) and without (brackets or frames)."""

import re
from collections.abc import Mapping, Sequence

from agent.assistant.reading.known import KnownNames, folded
from agent.assistant.reading.language import slot_language
from agent.assistant.reading.places import Places
from agent.assistant.reading.question import Question
from agent.assistant.windows.language import words_of_time

SHORTEST_VALUE = 3
# Before a key that asks for groups, not for one value.
BY_KEY = re.compile(r"\b(?:which|what|by|per|each|every) $")


def take_keyed_values(question: Question, known: KnownNames, places: Places) -> None:
    """Take values said with their key: lot B-1241, tray 12, grade b, colour=red."""
    for key in known.attributes:
        values = {folded(value) for value in known.values.get(key, ())}
        spoken = re.escape(folded(key)).replace("_", "[ _-]")
        of_type = "" if "type" in known.attributes else "(?:s of (?:the )?type)?"
        pattern = rf"(?<!\w){spoken}{of_type}(?: (?:number|no\.?|nr\.?|id|is))?\s*[:=#]?\s*([\w][\w./-]*)(?!\w)"
        for match in re.finditer(pattern, question.rest):
            end = match.start(1) + len(match[1].rstrip("./-"))
            value = question.cased[match.start(1) : end]
            is_plural = value.endswith("s") and folded(value[:-1]) in values and folded(value) not in values
            value = _as_written(value[:-1] if is_plural else value, known.values.get(key, ()))
            is_title = (
                question.cased[match.start()].isupper() or BY_KEY.search(question.before(match.start())) is not None
            )
            if _is_said_with_its_key(
                value,
                match[0].replace("s of type", "").replace("s of the type", ""),
                values,
                f"{folded(key)}s",
                is_title=is_title,
            ):
                if slot_language().exclude.search(question.before(match.start())) is not None:
                    _leave_out(key, value, known.values.get(key, ()), places)
                elif key in places.attributes:
                    places.sides = [(key, places.attributes.pop(key)), (key, value)]
                    places.several = key
                else:
                    places.attributes[key] = value
                question.cover(match.start(), end, "qattribute")


def take_values(question: Question, values: Mapping[str, Sequence[str]], places: Places, *, is_long: bool) -> None:
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
    link = (
        r"(?:,? (?:or|and|vs\.?|versus|against|than|to|with|compared (?:to|with)) (?:(?:on|in|for|of|at) )?(?:the )?|/)"
    )
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
