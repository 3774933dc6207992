"""A wish in a thread, written out: what `set it to 1.3`, `close it` and `put it down as a dent` speak of."""

import re

from agent.assistant.reading.language import follow_up_language
from agent.assistant.reading.reading import Intent, Slots
from agent.assistant.reading.remembered import Remembered

WORDS = follow_up_language()
OF_THRESHOLDS = {Intent.WHAT_IF, Intent.DETECTOR, Intent.VERSIONS}


def written_wish(text: str, last: Remembered | None, slots: Slots) -> str:
    """Return a wish with what the thread spoke of last in the place of `it`; any other as it is.

    slots: what the wish names by itself.
    """
    if last is None:
        return text
    plain = " ".join(text.lower().split())
    sources = last.reading.slots.sources
    is_of_another = bool(slots.ids or slots.incident) or slots.sources not in {(), sources}
    if last.reading.intent in OF_THRESHOLDS and len(sources) == 1 and not is_of_another:
        number = _threshold(plain, last)
        if number is not None:
            return f"set the threshold of {sources[0]} to {number}"
    return text if is_of_another or slots.sources else _of_it(text, plain, last)


def _of_it(text: str, plain: str, last: Remembered) -> str:
    """Put the anomaly, the incident or the source that was spoken of last in the place of `it`."""
    called = WORDS.calls_it.search(plain)
    if last.subject is not None:
        return text if called is None else f"label it as {called['label'] or called['said']}"
    incident, sources = _only_incident(last), last.reading.slots.sources
    if incident is None and len(sources) != 1:
        return text
    name = incident or sources[0]
    return WORDS.its.sub(lambda match: f"the {match[2]} of {name}" if match[2] else name, text, count=1)


def _threshold(plain: str, last: Remembered) -> str | None:
    """Return the threshold that is to be set: the one said, or the one that was supposed last."""
    said = WORDS.sets_to.search(plain)
    if said is not None:
        return said["number"]
    supposed = last.reading.slots.threshold
    return f"{supposed:g}" if supposed is not None and WORDS.goes_with_it.search(plain) else None


def _only_incident(last: Remembered) -> str | None:
    """Return the incident that was shown alone."""
    if last.reading.intent is Intent.INCIDENT:
        return last.reading.slots.incident
    return last.ids[0] if len(last.ids) == 1 and re.match(r"I-\d", last.ids[0]) else None
