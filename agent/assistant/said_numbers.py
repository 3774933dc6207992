"""Numbers an answer says, in digits and in words, that no tool result holds."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from agent.assistant.claims import claim_language
from agent.assistant.ground import Ground, is_rounding

SIGN = r"(?<![\w.,])[-+\u2212]?"
DIGITS = r"(\d{1,3}(?:[,'\u202f\u00a0 ]\d{3})+(?![\d])|\d+)(\.\d+)?"
PERCENT = r"\s?%|\s?per ?cent\b|\s?percentage points?|\s?pct\b"
UNIT = r"(?:\s?(?:ms|s|sec|min|h|d|px|x|\u00d7)(?!\w))?"
ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b", re.IGNORECASE)
LIST_MARKER = re.compile(r"^(\s*(?:[-*•] )?)(\d+)([.)]\s)", re.MULTILINE)
ROMAN = re.compile(r"\b(?=[IVXLC]{2,}\b)(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\b")
SMALL_SHARE = 0.005
LARGEST = 999


def foreign_numbers(text: str, ground: Ground) -> Iterator[str]:
    """Yield every number of a text, names and dates already taken out, that the results do not hold."""
    yield from _fractions(text, ground)
    yield from _words(text, ground)
    yield from (match[0] for match in ROMAN.finditer(text))
    yield from foreign_digits(text, ground)


def foreign_digits(text: str, ground: Ground) -> Iterator[str]:
    """Yield every number in digits that the results do not hold, and every digit that is part of no number."""
    text, wrong = _digits(_without_ordinals(_without_list_markers(text), ground), ground)
    yield from wrong
    left = re.compile(r"\S*[^\W_a-zA-Z]*\d\S*")
    yield from (match[0] for match in left.finditer(text))
    yield from (f"{sign}" for sign in text if unicodedata.category(sign) in {"Nl", "No"})


def _digits(text: str, ground: Ground) -> tuple[str, list[str]]:
    """Return the text without any number in digits that was looked at, and those that are wrong."""
    wrong = []

    def looked_at(match: re.Match[str]) -> str:
        if not _is_held(match, ground):
            wrong.append(match[0].strip())
        return " "

    return _number_pattern().sub(looked_at, text), wrong


@lru_cache
def _number_pattern() -> re.Pattern[str]:
    suffixes = "|".join(sorted(claim_language().suffixes, key=len, reverse=True))
    return re.compile(rf"({SIGN}){DIGITS}(?:({PERCENT})|\s?({suffixes})(?!\w)|{UNIT}(?![\w]))", re.IGNORECASE)


def _is_held(match: re.Match[str], ground: Ground) -> bool:
    sign, whole, decimals, percent, suffix = match.groups()
    digits = len(decimals or ".") - 1
    value = float(re.sub(r"\D", "", whole) + (decimals or ""))
    if sign and not _has_sign(value, sign, ground, is_percent=percent is not None, digits=digits):
        return False
    if suffix and not percent:
        return ground.has(value * claim_language().suffixes[suffix.lower()], 0)
    return ground.has_share(value, digits) if percent else ground.has(value, digits)


def _has_sign(value: float, sign: str, ground: Ground, *, is_percent: bool, digits: int) -> bool:
    """Say whether a change goes the way its sign says, where the results hold a change at all."""
    changes = ground.signed(claim_language().changes)
    said = -value if sign in "-\u2212" else value
    if not changes:
        return True
    return any(is_rounding(change * (100 if is_percent else 1), said, digits) for change in changes)


def _words(text: str, ground: Ground) -> Iterator[str]:
    """Yield number words, joined as `twenty-five` or `one hundred and three`, that are no number of the results."""
    language = claim_language()
    yield from (match[0] for match in language.crowds.finditer(text))
    yield from (match[0] for match in language.other_numbers.finditer(text))
    for say, value in language.pairs.items():
        if re.search(rf"\b{say}\b", text, re.IGNORECASE) and not ground.has(value, 0):
            yield say
    for match in _word_pattern().finditer(text):
        is_grammar = match[0].lower() in {"one", "zero"}  # `this one`; before a noun it is a figure, looked at there
        if not is_grammar and not ground.has(value_of(match[0]), 0):
            yield match[0]


@lru_cache
def _word_pattern() -> re.Pattern[str]:
    language = claim_language()
    word = "|".join(sorted([*language.numbers, *set(language.scales) - {"score"}], key=len, reverse=True))
    return re.compile(rf"\b(?:{word})(?:(?:[ -]| and )(?:{word}))*\b", re.IGNORECASE)


def value_of(words: str) -> int:
    """Return the value of number words such as `two thousand and twelve`."""
    language = claim_language()
    total, group = 0, 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word in language.numbers:
            group += language.numbers[word]
        elif word in language.scales and language.scales[word] < LARGEST:
            group = max(group, 1) * language.scales[word]
        elif word in language.scales:
            total, group = total + max(group, 1) * language.scales[word], 0
    return total + group


def _fractions(text: str, ground: Ground) -> Iterator[str]:
    """Yield shares and multiples in words that the results do not hold."""
    language = claim_language()
    for share, pattern in language.shares:
        is_held = any(abs(held - share) <= SMALL_SHARE for held in ground.shares)
        yield from () if is_held else (match[0] for match in pattern.finditer(text))
    for times, pattern in language.times:
        ratios = ground.figure(frozenset({"ratio", "min_ratio"}))
        grown = {change + 1 for change in ground.signed(("change_share", "change"))}
        is_held = any(abs(held - times) <= SMALL_SHARE for held in ratios | grown)
        yield from () if is_held else (match[0] for match in pattern.finditer(text))


def _without_list_markers(text: str) -> str:
    """Take out the marks of a list that counts 1, 2, 3; any other number at a line's start stays."""
    expected = 1

    def marker(match: re.Match[str]) -> str:
        nonlocal expected
        if int(match[2]) not in {expected, 1}:
            return match[0]
        expected = int(match[2]) + 1
        return " "

    return LIST_MARKER.sub(marker, text)


def _without_ordinals(text: str, ground: Ground) -> str:
    """Take out `1st` to the place of the longest list's last row, and days of the month that the results hold."""
    days = {day for _, _, day in ground.days}

    def ordinal(match: re.Match[str]) -> str:
        place = int(match[1])
        return " " if 1 <= place <= ground.most_rows or place in days else match[1]

    return ORDINAL.sub(ordinal, text)
