"""The port to the assistant: a question in, an answer out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class AnswerText(Protocol):
    """What the bot needs of an answer."""

    @property
    def text(self) -> str:
        """The answer in words."""

    @property
    def choices(self) -> Sequence[str]:
        """Complete readings of the question, where the assistant asks back."""


class Asker(Protocol):
    """Answers questions; may be asked from several threads at once."""

    def ask(self, question: str, *, now: datetime, thread: str = "") -> AnswerText:
        """Answer a question in the light of the thread it stands in."""
