"""What every job is given, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from config.settings import Settings
from detectors.decode import Decoder
from storage.opening import Stores


@dataclass(frozen=True, slots=True)
class Workshop:
    """The stores, the settings, the decoders and the clock of whoever works.

    config: the settings file, for work that takes a process of its own; is_stopping: it is to be left for later;
    keep: lengthen the job's lease, False where it was lost.
    """

    stores: Stores
    settings: Settings
    decoder_of: Callable[[str], Decoder]
    clock: Callable[[], datetime]
    config: Path | None = None
    is_stopping: Callable[[], bool] = lambda: False
    keep: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job's result; is_told: people hear of it, through the outbox."""

    result: dict[str, Any] = field(default_factory=dict)
    is_told: bool = True
