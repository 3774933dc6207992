"""The port to the assistant: a question in, an answer out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from agent.assistant.answer import Answer
from agent.assistant.progress import Progress


class Asker(Protocol):
    """Answers questions; may be asked from several threads at once."""

    def ask(
        self,
        question: str,
        *,
        now: datetime,
        thread: str = "",
        source_limit: Sequence[str] | None = None,
        progress: Progress | None = None,
    ) -> Answer:
        """Answer a question in the light of the thread it stands in, from the sources it may see; None: all.

        progress is shown what is being done meanwhile.
        """
