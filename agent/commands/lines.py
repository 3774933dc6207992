"""Lines typed on a terminal, with those of earlier times at the arrow keys."""

import contextlib
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

MOST_LINES = 1000


class LineReader:
    """Reads lines; on a terminal, readline keeps them in a file only its owner can read."""

    def __init__(self, history: Path) -> None:
        self._history = history
        self._is_terminal = sys.stdin.isatty()

    def __enter__(self) -> Self:
        """Take up the lines of earlier times."""
        if self._is_terminal:
            with contextlib.suppress(ImportError, OSError):
                import readline  # noqa: PLC0415 - it changes how input() reads, and is not everywhere

                readline.set_history_length(MOST_LINES)
                readline.read_history_file(self._history)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep the lines for the next time."""
        if self._is_terminal:
            with contextlib.suppress(ImportError, OSError):
                import readline  # noqa: PLC0415 - the same

                self._history.touch(mode=0o600)
                readline.write_history_file(self._history)
                os.chmod(self._history, 0o600)  # noqa: PTH101 - readline may have made it anew

    def read(self, prompt: str) -> str:
        """Return the next line; raise EOFError at the end of input."""
        return input(prompt if self._is_terminal else "")
