"""Invariant I10: every number, id, date and address of an answer stands in a tool result of its run.

Digits are numbers, as are `two` to `twenty`, `dozen`, `hundred` and `thousand`; `one`, `no` and `zero` are numbers
only before a counted noun (`one anomaly`, `no false alarms`), for elsewhere they are grammar. Ordinals and the marks
of a list are none.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from agent.assistant.ground import Ground, ground_of
from agent.assistant.tools.result import ToolResult
from agent.assistant.windows.problems import WindowError
from agent.assistant.windows.reader import TimeWords, find_times, resolve
from storage.records import Window

LENGTHS = {"rolling", "ago", "half_hour"}
A_MINUTE = 60
NUMBER_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "dozen": 12, "hundred": 100, "thousand": 1000,
}  # fmt: skip
COUNTED = (
    r"(?:\w+ ){0,2}?(?:anomal(?:y|ies)|alarms?|defects?|incidents?|images?|frames?|inspections?|sources?|cameras?)"
)
NUMBER = re.compile(r"(?<![\w.])[-+]?(\d{1,3}(?:[,\u202f\u00a0 ]\d{3})+(?!\d)|\d+)(\.\d+)?(\s?%|\s?percent\b)?")
WORD_NUMBER = re.compile(rf"\b({'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)
SMALL = re.compile(rf"\b(one|no|zero) {COUNTED}\b", re.IGNORECASE)
MARKED = re.compile(r"\b[A-Za-z][A-Za-z_.]*-\d+(?:@\d+)?\b|\b[\w.-]+@\d+\b")
ADDRESS = re.compile(r"(?:https?://|www\.)\S+|<[^>\s]+>", re.IGNORECASE)
LIST_MARKER = re.compile(r"^\s*\d+[.)]\s", re.MULTILINE)
ORDINAL = re.compile(r"\b\d+(?:st|nd|rd|th)\b", re.IGNORECASE)
ACTED = re.compile(
    r"\bI(?:'ve| have| just| will|'ll| went ahead and| am)? (?:\w+ ){0,2}"
    r"(?:acknowledg|silenc|delet|label|mark|paus|resum|chang|retrain|refit|dismiss|clos|resolv|mut|remov|updat)\w*",
    re.IGNORECASE,
)
SAID_FIGURE = re.compile(
    r"(\d[\d,]*) (?:\w+ )?(confirmed|false alarms?|unlabelled|unlabeled|unsure|missed|not judged|judged)\b",
    re.IGNORECASE,
)
FIGURE_NAMES = {
    "confirmed": "confirmed",
    "false alarm": "false_alarms",
    "false alarms": "false_alarms",
    "unlabelled": "unlabelled",
    "unlabeled": "unlabelled",
    "unsure": "unsure",
    "missed": "missed",
    "not judged": "not_judged",
    "judged": "judged",
}


def ungrounded(text: str, results: Sequence[ToolResult], *, now: datetime) -> list[str]:
    """Return what an answer says that no result holds, as it was said; an empty list is a grounded answer."""
    ground = ground_of(results)
    problems = [match[0] for match in ACTED.finditer(text)]
    problems += [match[0] for match in ADDRESS.finditer(text) if match[0] not in ground.text]
    problems += _misattributed(text, ground)
    rest = ground.without_names(text)
    problems += [match[0] for match in MARKED.finditer(rest)]
    rest = MARKED.sub(" ", LIST_MARKER.sub(" ", rest))
    rest = ORDINAL.sub(" ", ground.without_dates(rest))
    rest, elsewhere = _without_spans(rest, results, now)
    problems += [*elsewhere, *_numbers(rest, ground)]
    return list(dict.fromkeys(problems))


def _numbers(text: str, ground: Ground) -> Iterable[str]:
    for match in NUMBER.finditer(text):
        whole = re.sub(r"\D", "", match[1])
        digits = len(match[2] or ".") - 1
        value = float(whole + (match[2] or ""))
        is_held = ground.has_share(value, digits) if match[3] else ground.has(value, digits)
        if not is_held:
            yield match[0].strip()
    for match in WORD_NUMBER.finditer(text):
        if not ground.has(NUMBER_WORDS[match[1].lower()], 0):
            yield match[0]
    for match in SMALL.finditer(text):
        if not ground.has(1 if match[1].lower() == "one" else 0, 0):
            yield match[0]


def _misattributed(text: str, ground: Ground) -> list[str]:
    """Return figures said under a name that no result gives them."""
    wrong = []
    for match in SAID_FIGURE.finditer(text):
        known = ground.figures.get(FIGURE_NAMES[match[2].lower()])
        if known is not None and int(match[1].replace(",", "")) not in known:
            wrong.append(match[0])
    return wrong


def _without_spans(text: str, results: Sequence[ToolResult], now: datetime) -> tuple[str, list[str]]:
    """Take out words such as `the last 7 days`, and return those that are the window of no result."""
    windows = [result.window for result in results if result.window is not None]
    elsewhere = []
    for words in reversed(find_times(text.lower())):
        if any(_is_span(words, window, now) for window in windows):
            text = text[: words.start] + " " + text[words.end :]
        elif words.kind in LENGTHS:
            elsewhere.append(words.text)
    return text, elsewhere


def _is_span(words: TimeWords, window: Window, now: datetime) -> bool:
    try:
        said = resolve(words, now=now, zone=window.time_zone).window
    except WindowError:
        return False
    return abs((said.start - window.start).total_seconds()) < A_MINUTE
