"""What the tool results of one run hold: numbers, named figures, names, dates and times, and whose they are."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE)
DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.)? (?:of )?{MONTH}(?:,? (\d{{4}}))?\b", re.IGNORECASE)
MONTH_DAY = re.compile(rf"\b{MONTH} (\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:)(?:,? (\d{{4}}))?\b", re.IGNORECASE)
# The month of a day that the results do not hold is no month of its own: its day would be left, and pass as a number.
MONTH_YEAR = re.compile(
    rf"(?<!\d )(?<!\d\. )(?<!st )(?<!nd )(?<!rd )(?<!th )(?<!of )\b{MONTH} (\d{{4}})\b", re.IGNORECASE
)
DOTTED = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY = rf"(?:\b({'|'.join(WEEKDAYS)})[a-z]*\.?,? (?:the )?)?"
NEXT_CLOCK = r"(?:,? (?:at |from )?(\d{1,2}):(\d\d)(?!\d))?"
CLOCK = re.compile(r"\b(\d{1,2}):(\d\d)(?::\d\d)?(?: ?([ap])\.?m\.?)?|\b(\d{1,2}) ?([ap])\.?m\b", re.IGNORECASE)
DATED = re.compile(WEEKDAY + DAY_MONTH.pattern + NEXT_CLOCK, re.IGNORECASE)
DATED_MONTH_FIRST = re.compile(WEEKDAY + MONTH_DAY.pattern + NEXT_CLOCK, re.IGNORECASE)
DATED_DOTTED = re.compile(WEEKDAY + DOTTED.pattern + NEXT_CLOCK, re.IGNORECASE)
DASHES = str.maketrans("\u2010\u2011\u2013\u2014\u2044", "----/")
SPACES = re.compile(r"[^\S\n]+")
HALF_DAY = 12
DIGITS_OF_A_FLOAT = 9
LONGEST_NAME_WORDS = 3
QUOTE = "[\"'\u201c\u201d\u2018\u2019]"


@dataclass(frozen=True, slots=True)
class Row:
    """Numbers that belong to somebody: a source, an inspection, a group."""

    whose: frozenset[str]
    numbers: frozenset[float]


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything an answer may say.

    figures: numbers by their key, with no sign. raw: the same with their signs. shares: numbers that may be said in
    percent. stamps: (day, time of day) that stand together. free: numbers that belong to no row. sentences: a tool's
    own words. text: the results as JSON, in lower case. most_rows: of one list.
    """

    numbers: frozenset[float]
    figures: dict[str, frozenset[float]]
    raw: dict[str, frozenset[float]]
    shares: frozenset[float]
    names: tuple[str, ...]
    days: frozenset[tuple[int, int, int]]
    clocks: frozenset[tuple[int, int]]
    stamps: frozenset[tuple[int, int, int, int, int]]
    rows: tuple[Row, ...]
    free: frozenset[float]
    sentences: tuple[str, ...]
    text: str
    most_rows: int

    def has(self, value: float, digits: int) -> bool:
        """Say whether a number, written with so many decimals, is one of the results'."""
        if digits == 0:
            return value in self.numbers
        return any(is_rounding(number, value, digits) for number in self.numbers)

    def has_share(self, percent: float, digits: int) -> bool:
        """Say whether a percentage is one of the results' shares."""
        return any(is_rounding(abs(share) * 100, percent, digits) for share in self.shares)

    def figure(self, keys: frozenset[str]) -> frozenset[float]:
        """Return the numbers the results give under any of these keys."""
        return frozenset().union(*(self.figures.get(key, frozenset()) for key in keys))

    def signed(self, keys: Sequence[str]) -> frozenset[float]:
        """Return the numbers the results give under any of these keys, with their signs."""
        return frozenset().union(*(self.raw.get(key, frozenset()) for key in keys))

    def knows(self, *keys: str) -> bool:
        """Say whether the results give any figure of these keys."""
        return any(key in self.figures for key in keys)

    def without_quotes(self, text: str) -> str:
        """Take out what the results' texts say, where it stands between quotes: it is told as somebody's words."""
        for sentence in self.sentences:
            text = re.sub(re.escape(as_read(sentence)), " \x00 ", text, flags=re.IGNORECASE)
        for name in self.names:
            text = re.sub(f"{QUOTE}{re.escape(name)}{QUOTE}", " \x00 ", text, flags=re.IGNORECASE)
        return text

    def without_names(self, text: str) -> str:
        """Take the results' names, such as `line-1` or `line 1`, out of a text."""
        for name in self.names:
            if is_name(name):
                said = "[-_. ]".join(re.escape(part) for part in re.split(r"[-_. ]", name))
                text = re.sub(rf"(?<![\w-]){said}(?![\w@-]|\.\d)", " \x00 ", text, flags=re.IGNORECASE)
        return text

    def without_dates(self, text: str) -> str:
        """Take dates and times of day that the results hold out of a text; others stay, to be found as numbers."""
        text = ISO.sub(self._iso, text)
        text = DATED.sub(lambda match: self._day(match, match[2], match[3], match[4]), text)
        text = DATED_MONTH_FIRST.sub(lambda match: self._day(match, match[3], match[2], match[4]), text)
        text = MONTH_YEAR.sub(self._month, text)
        text = DATED_DOTTED.sub(self._dotted, text)
        return CLOCK.sub(self._clock, text)

    def _iso(self, match: re.Match[str]) -> str:
        day = (int(match[1]), int(match[2]), int(match[3]))
        if match[4] is None:
            return " " if day in self.days else match[0]
        return " " if (*day, int(match[4]), int(match[5])) in self.stamps else match[0]

    def _dotted(self, match: re.Match[str]) -> str:
        month = int(match[3])
        return self._day(match, match[2], MONTHS[month - 1], match[4]) if 1 <= month <= len(MONTHS) else match[0]

    def _day(self, match: re.Match[str], day: str, month: str, year: str | None) -> str:
        wanted = (MONTHS.index(month[:3].lower()) + 1, int(day))
        held = {one for one in self.days if one[1:] == wanted and (year is None or int(year) == one[0])}
        if match[1]:
            held = {one for one in held if WEEKDAYS[date(*one).weekday()] == match[1].lower()}
        if match[5]:
            held = {one for one in held if (*one, int(match[5]), int(match[6])) in self.stamps}
        return " " if held else match[0]

    def _month(self, match: re.Match[str]) -> str:
        wanted = (int(match[2]), MONTHS.index(match[1][:3].lower()) + 1)
        return " " if any(held[:2] == wanted for held in self.days) else match[0]

    def _clock(self, match: re.Match[str]) -> str:
        hour, minute, half = int(match[1] or match[4]), int(match[2] or 0), (match[3] or match[5] or "").lower()
        if half:
            hour = hour % HALF_DAY + (HALF_DAY if half == "p" else 0)
        return " " if (hour, minute) in self.clocks else match[0]


def is_rounding(number: float, said: float, digits: int) -> bool:
    """Say whether a number, rounded to so many decimals in whichever way, is what was said."""
    return abs(number - said) <= 0.5 * 10.0**-digits + 1e-9


def is_name(text: str) -> bool:
    """Say whether a text of the data is short enough to be a name; more could be a claim somebody planted in it."""
    words = text.split()
    starts_with_number = any(character.isdigit() for character in words[0]) and len(words) > 1
    return len(words) <= LONGEST_NAME_WORDS and not starts_with_number


def as_read(text: str) -> str:
    """Return a text as a person reads it: no hidden characters, one kind of digits and of spaces."""
    shown = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    plain = unicodedata.normalize("NFKC", shown.replace("\u202f", " ").replace("\u00a0", " "))
    return SPACES.sub(" ", plain.translate(DASHES))
