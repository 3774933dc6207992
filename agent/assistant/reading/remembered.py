"""What a thread remembers of its last answer."""

from dataclasses import dataclass
from datetime import datetime

from agent.assistant.reading.reading import Reading
from storage.records import Window


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a thread remembers of its last answer.

    subject: the inspection spoken of last; earlier: the reading before this one; leader: what had the most, by kind and
    name.
    """

    reading: Reading
    asked_at: datetime
    ids: tuple[str, ...] = ()
    window: Window | None = None
    subject: int | None = None
    earlier: Reading | None = None
    leader: tuple[str, str] | None = None
