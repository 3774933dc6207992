"""The port of every image source, and what one gives."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from detectors.errors import DetectorError
from storage.records import RejectReason


class SourceError(DetectorError):
    """A source could not be looked at; it is looked at again later."""

    permanent = False

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"Source {source} cannot be looked at: {reason}")


@dataclass(frozen=True, slots=True)
class Arrival:
    """An image a source offers: bytes that are whole, or the reason why there are none.

    origin tells it from every other arrival of the source; file is where its sidecar would stand, None for a snapshot.
    """

    name: str
    origin: str
    content: bytes | None
    size_bytes: int
    modified_at: datetime
    file: Path | None = None
    reason: RejectReason | None = None
    sidecar: dict[str, object] = field(default_factory=dict)


class ImageSource(Protocol):
    """Somewhere images come from."""

    def look(self, *, now: datetime) -> Iterator[Arrival]:
        """Yield what is new and whole since the last look; raise SourceError where the place cannot be reached."""

    def has_taken(self, arrival: Arrival) -> None:
        """Hear that an arrival is in the ledger and need not be offered again."""
