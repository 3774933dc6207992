"""The port to whoever shows that an answer is on its way."""

from typing import Protocol

import structlog

logger = structlog.get_logger(__name__)


class Progress(Protocol):
    """Shows what is being done, then the answer; may be called from another thread than asked."""

    def doing(self, status: str) -> None:
        """Show what is being done now, as `counting anomalies on line-1 ...`; each replaces the one before."""

    def said(self, text: str) -> None:
        """Show the answer so far; only words that were checked against the record ever come here."""


class Quiet:
    """Shows nothing."""

    def doing(self, status: str) -> None:
        """Show nothing."""

    def said(self, text: str) -> None:
        """Show nothing."""


class Guarded:
    """Passes on to another, whose failure delays no answer."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown

    def doing(self, status: str) -> None:
        """Show a status."""
        try:
            self._shown.doing(status)
        except Exception as error:  # noqa: BLE001 - the edge of a surface: a status is no reason to lose an answer
            logger.warning("progress_not_shown", reason=str(error))

    def said(self, text: str) -> None:
        """Show the answer so far."""
        try:
            self._shown.said(text)
        except Exception as error:  # noqa: BLE001 - the same
            logger.warning("progress_not_shown", reason=str(error))
