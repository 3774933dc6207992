"""The first reader: cues in a fixed order, the first that fits wins."""

from agent.assistant.reading.language import intent_language
from agent.assistant.reading.reading import Intent


def read_by_cues(masked: str) -> Intent | None:
    """Return what the cues take a masked question for, None where none fits."""
    for intent, pattern in intent_language().cues:
        if pattern.search(masked):
            return Intent(intent)
    return None
