"""Whether a question asks what a picture shows."""

import re
from functools import lru_cache

from agent.assistant.windows.language import read_words


@lru_cache
def seeing_words(language: str = "english") -> re.Pattern[str]:
    """Return how a language asks what a picture shows."""
    return re.compile(rf"(?<!\w)(?:{read_words(f'{language}_vision')['asks']})(?!\w)", re.IGNORECASE)
