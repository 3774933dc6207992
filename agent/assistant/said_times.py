"""Windows, weekdays and months an answer says that are those of no tool result."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from agent.assistant.claims import claim_language
from agent.assistant.ground import MONTHS, Ground
from agent.assistant.tools.result import ToolResult
from agent.assistant.windows.problems import WindowError
from agent.assistant.windows.reader import TimeWords, find_times, resolve
from storage.records import Window

A_MINUTE = timedelta(minutes=1)
POINTS = {"all"}
NO_TIME = re.compile(r"(?:at|around|about) \d+(?:\.\d+)?")
A_WEEK = 7
MONTH_NAME = re.compile(
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December)\b(?! have\b| be\b)"
)


def without_spans(text: str, results: Sequence[ToolResult], ground: Ground, now: datetime) -> tuple[str, list[str]]:
    """Take out words such as `the last 7 days`, and return those that speak of no window and no row of the results."""
    windows = [result.window for result in results if result.window is not None]
    elsewhere = []
    for words in reversed(find_times(text.lower())):
        if NO_TIME.fullmatch(words.text):
            continue
        if any(_is_span(words, window, now, ground) for window in windows):
            text = text[: words.start] + " " + text[words.end :]
        elif words.kind not in POINTS and not _is_unreadable(words, now):
            elsewhere.append(words.text)
    return text, elsewhere


def foreign_days(text: str, results: Sequence[ToolResult], ground: Ground) -> Iterator[str]:
    """Yield weekdays and months by name that no window and no row of the results touches."""
    days = {date(*day) for day in ground.days if day[0] > 1}
    months = {day.month for day in days}
    for window in (result.window for result in results if result.window is not None):
        length = (window.end - window.start).days
        days |= {(window.start + timedelta(days=step)).date() for step in range(min(length, A_WEEK) + 1)}
        months |= {(window.start + timedelta(days=step)).month for step in range(0, min(length, 366) + 1, 14)}
    weekdays = {claim_language().weekdays[day.weekday()] for day in days}
    for name in claim_language().weekdays:
        if name not in weekdays and re.search(rf"\b(?:{name}s?|{name[:3]}\.?)\b", text, re.IGNORECASE):
            yield name
    for match in MONTH_NAME.finditer(text):
        if MONTHS.index(match[1][:3].lower()) + 1 not in months:
            yield match[0]


def _is_span(words: TimeWords, window: Window, now: datetime, ground: Ground) -> bool:
    """Say whether words name a result's window, or a time inside it that holds a moment of the results."""
    try:
        said = resolve(words, now=now, zone=window.time_zone).window
    except WindowError:
        return False
    if _has_another_weekday(words.text, said):
        return False
    if abs(said.start - window.start) < A_MINUTE:
        return True
    return any(_holds(said, stamp) for stamp in ground.stamps if stamp[0] > 1 and not _is_edge(stamp, window))


def _has_another_weekday(text: str, said: Window) -> bool:
    """Say whether a date is given a weekday that it is not."""
    if not re.search(r"\d", text) or said.end - said.start > timedelta(hours=25):
        return False
    local = said.start.astimezone(ZoneInfo(said.time_zone))
    names = claim_language().weekdays
    named = [name for name in names if re.search(rf"\b{name}\b", text, re.IGNORECASE)]
    return bool(named) and names[local.weekday()] not in named


def _holds(window: Window, stamp: tuple[int, int, int, int, int]) -> bool:
    moment = datetime(*stamp, tzinfo=window.start.tzinfo)
    return window.start <= moment < window.end


def _is_edge(stamp: tuple[int, int, int, int, int], window: Window) -> bool:
    moment = datetime(*stamp, tzinfo=window.start.tzinfo)
    return abs(moment - window.start) < timedelta(hours=15) or abs(moment - window.end) < timedelta(hours=15)


def _is_unreadable(words: TimeWords, now: datetime) -> bool:
    try:
        resolve(words, now=now, zone="UTC")
    except WindowError:
        return True
    return False
