"""What was asked last held against something else: `compare it with line-2`, `vs the week before?`."""

from dataclasses import replace
from datetime import datetime

from agent.assistant.reading.language import follow_up_language, slot_language
from agent.assistant.reading.merging import merged
from agent.assistant.reading.reader import Looked, shaped
from agent.assistant.reading.reading import COUNTING, Intent, Reading
from agent.assistant.reading.remembered import Remembered
from agent.assistant.reading.times import span_text
from storage.records import Window

WORDS = follow_up_language()
NARROWED = ("confirmed", "false_alarms", "unsure", "unlabelled", "missed")


def against_another(looked: Looked, last: Remembered) -> Reading | None:
    """Hold the one source, class or lot spoken of against another: `compare it with line-2`."""
    new, old = looked.slots, last.reading.slots
    if last.reading.intent not in COUNTING or new.windows or WORDS.versus.search(looked.masked) is None:
        return None
    slots = replace(old, figure=new.figure or old.figure, group_by=None, attribute=None, period=None, limit=None)
    slots = replace(slots, labels=() if slots.figure in NARROWED else slots.labels)
    if len(new.sources) == len(old.sources) == 1 and new.sources != old.sources:
        return shaped(Intent.COMPARE, replace(slots, sources=(*old.sources, *new.sources)))
    if len(new.defect_classes) == len(old.defect_classes) == 1 and new.defect_classes != old.defect_classes:
        return shaped(Intent.COMPARE, replace(slots, defect_classes=(*old.defect_classes, *new.defect_classes)))
    for key, value in new.attributes.items():
        if key in old.attributes and old.attributes[key] != value:
            rest = {name: one for name, one in old.attributes.items() if name != key}
            sides = ((key, old.attributes[key]), (key, value))
            return shaped(Intent.COMPARE, replace(slots, attributes=rest, sides=sides))
    return None


def against_window(looked: Looked, last: Remembered, moved: Window | None) -> Reading | None:
    """Hold the window spoken of last against another: `vs the week before?`."""
    if last.window is None:
        return None
    slots = merged(last, looked, moved, is_same=True)
    other = span_text(moved) if moved is not None and not looked.slots.windows else looked.slots.windows[0]
    other = _as_long(other, last.window) if slot_language().same_stretch.search(looked.question.text) else other
    return shaped(Intent.COMPARE, replace(slots, windows=(other, span_text(last.window)), spoken=(), firm=()))


def _as_long(other: str, window: Window) -> str:
    """Cut a span to the length of the window it is held against: `last week up to the same time`."""
    start, end = map(datetime.fromisoformat, other.split("/"))
    return span_text(replace(window, start=start, end=min(end, start + (window.end - window.start))))
