"""The window a continuation takes from the one before it: `the week before?`, `and the late one?`."""

import re
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.assistant.reading.language import follow_up_language, slot_language
from agent.assistant.reading.reader import Looked
from agent.assistant.reading.reading import Slots
from agent.assistant.reading.remembered import Remembered
from agent.assistant.reading.times import in_zone, resolve_times, span_text, window_after, window_before
from agent.assistant.tools.context import ToolContext
from agent.assistant.windows.calendar import Calendar
from agent.assistant.windows.language import time_language
from agent.assistant.windows.reader import find_times, resolve
from storage.records import Window

WORDS = follow_up_language()
# `the second one` is the second of a list.
SHIFTS = "|".join(one for one in time_language().shift_names if one not in slot_language().ordinals)
OTHER_SHIFT = re.compile(rf"\b(?:the )?({SHIFTS})(?: shift| one)$")


def moved_window(looked: Looked, window: Window | None, context: ToolContext) -> Window | None:
    """Return the window a continuation takes from the one before it, None where it names its own or none."""
    if window is None:
        return None
    moved = _moved_back(looked, window, context) or _other_shift(looked, window, context)
    if moved is None:
        moved = _taken_on(looked.question.text, window, context)
    zone = context.zone(looked.slots.sources) if looked.slots.sources else window.time_zone
    return None if moved is None else in_zone(moved, zone)


def _taken_on(text: str, window: Window, context: ToolContext) -> Window | None:
    calendar = Calendar(window.start, window.time_zone)
    if WORDS.since_then.search(text):
        return calendar.window(window.end, context.now) if window.end < context.now else None
    clocks = WORDS.clocks.search(text)
    words = f"between {clocks[1]} and {clocks[2]} on {calendar.today.isoformat()}" if clocks else ""
    for said in (words, *(f"{lead} {text}" for lead in ("on the", "on", "in"))):
        found = find_times(said) if said else []
        if len(found) == 1 and not WORDS.filler.sub("", said.replace(found[0].text, "")).strip(" ,?"):
            shifts = context.settings.shifts.starts
            return resolve(found[0], now=context.now, zone=window.time_zone, shifts=shifts).window
    return None


def _other_shift(looked: Looked, window: Window | None, context: ToolContext) -> Window | None:
    """Return the shift of the day last spoken of, for `and the late one?`."""
    match = OTHER_SHIFT.search(looked.question.text)
    if match is None or window is None:
        return None
    day = window.start.astimezone(ZoneInfo(window.time_zone)).date().isoformat()
    found = find_times(f"{match[1]} shift of {day}")
    shifts = context.settings.shifts.starts
    return resolve(found[0], now=context.now, zone=window.time_zone, shifts=shifts).window if found else None


def _moved_back(looked: Looked, window: Window | None, context: ToolContext) -> Window | None:
    """Return the window before the last one, for `and the week before?`."""
    match, after = WORDS.before.search(looked.question.text), WORDS.after.search(looked.question.text)
    if window is None or (match is None and after is None):
        return None
    if after is not None:
        return window_after(window, after.groupdict().get("unit"), context.settings.shifts.starts, context.now)
    said = match.groupdict() if match else {}
    return window_before(window, said.get("unit") or said.get("unit_within"), context.settings.shifts.starts)


def in_its_zone(
    slots: Slots,
    looked: Looked,
    last: Remembered,
    context: ToolContext,
    first: datetime | None,
) -> Slots:
    """Resolve the words about time once more where the sources now named have another zone."""
    asked, zone = looked.slots, context.zone(slots.sources)
    if asked.windows:
        if zone == context.zone(asked.sources):
            return slots
        resolved = resolve_times(looked.times, slots.sources, context, first)
        return replace(slots, windows=tuple(span_text(one.window) for one in resolved))
    is_kept = slots.windows == last.reading.slots.windows and len(slots.spoken) == len(slots.windows)
    if not is_kept or not slots.spoken or zone == context.zone(last.reading.slots.sources):
        return slots
    then = replace(context, now=last.asked_at)
    found = [words for spoken in slots.spoken for words in find_times(spoken)[:1]]
    resolved = resolve_times(found, slots.sources, then, first)
    return replace(slots, windows=tuple(span_text(one.window) for one in resolved)) if resolved else slots
