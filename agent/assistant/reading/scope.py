"""The place and time of a thread: a question that names none is about the ones spoken of last."""

from dataclasses import replace
from datetime import datetime

from agent.assistant.reading.language import follow_up_language, slot_language
from agent.assistant.reading.moving import in_its_zone
from agent.assistant.reading.reader import Looked
from agent.assistant.reading.reading import Intent, Reading
from agent.assistant.reading.remembered import Remembered
from agent.assistant.tools.context import ToolContext

WORDS = follow_up_language()
# What is asked of a time, and what of a place alone: what stands now has no time.
TIMED = {
    Intent.COUNT,
    Intent.GROUP,
    Intent.LIST,
    Intent.TOP,
    Intent.COMPARE,
    Intent.TREND,
    Intent.HOTSPOTS,
    Intent.SUMMARY,
    Intent.OUTAGES,
    Intent.UNJUDGED,
    Intent.INCIDENTS,
    Intent.MISSES,
    Intent.LATENCY,
    Intent.LABELS,
    Intent.CHANGES,
    Intent.WHAT_IF,
}
PLACED = TIMED | {Intent.DETECTOR, Intent.VERSIONS, Intent.SILENCES, Intent.INCIDENTS}


def in_scope(
    reading: Reading, looked: Looked, last: Remembered, context: ToolContext, first: datetime | None
) -> Reading:
    """Return a reading within the sources and the window of its thread, as far as it names none of its own."""
    slots, before = reading.slots, last.reading.slots
    if reading.intent not in PLACED or slots.ids or slots.incident:
        return reading
    text = looked.question.text
    is_of_all = slot_language().all_sources.search(text) is not None or WORDS.everyone.search(text) is not None
    is_of_all = is_of_all or reading.intent is Intent.TOP or slots.group_by == "source" or bool(slots.detectors)
    if not slots.sources and not slots.excluded_sources and not is_of_all:
        slots = replace(slots, sources=before.sources, excluded_sources=before.excluded_sources)
    is_now = WORDS.ever.search(text) is not None or bool(slots.states)
    if reading.intent in TIMED and not slots.windows and not is_now and len(before.windows) == 1:
        slots = replace(slots, windows=before.windows, spoken=before.spoken, firm=before.firm)
    if slots.windows:
        slots = in_its_zone(slots, looked, last, context, first)
    return replace(reading, slots=slots)
