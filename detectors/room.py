"""Whether there is room for more: on the disk for anything at all, in the ledger for more of a source."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from config.keeping import StorageSettings
from config.sources import SourceSettings
from storage.database import Session
from storage.disk import disk_use, is_over
from storage.records import DiskUse, Source, SourceState
from storage.repositories.overtaken import count_waiting

logger = structlog.get_logger()
MOST_WAITING = 10_000
LATEST_KEPT = 4
# What is full takes more once a tenth of it is free: looking for one more file each time would cost a walk each time.
FREE_AGAIN = 0.1
JUDGED = (SourceState.COMMISSIONING, SourceState.LIVE)

Look = Callable[[Path], DiskUse]


@dataclass(frozen=True, slots=True)
class Room:
    """What one look at a source may bring: `most` frames, None without limit; of those waiting `keep` are kept."""

    most: int | None = None
    keep: int | None = None


class DiskGate:
    """Open while the disk has room; shut from a share in use on, until it is well below; one for all sources."""

    def __init__(self, settings: StorageSettings, *, look: Look = disk_use) -> None:
        self._settings = settings
        self._look = look
        self._is_shut = False

    def is_open(self) -> bool:
        """Look at the disk and say whether more may be taken in; a disk that cannot be looked at keeps nobody out."""
        try:
            use = self._look(self._settings.data_dir)
        except OSError as error:
            logger.warning("disk_not_seen", reason=error.strerror)
            return True
        is_shut = is_over(use, self._settings.disk_stop_share, was_over=self._is_shut)
        if is_shut != self._is_shut:
            logger.warning("intake_waits" if is_shut else "intake_goes_on", share=round(use.share, 4))
        self._is_shut = is_shut
        return not is_shut


def room_of(session: Session, source: Source, own: SourceSettings) -> Room:
    """Return how much more of a source may wait; only a source that is judged can be overtaken.

    The others keep what they have for the day they are judged, up to the same bound as those that wait.
    """
    is_judged = source.active_version_id is not None and source.state in JUDGED
    if own.keeps_latest:
        return Room(keep=(own.most_waiting or LATEST_KEPT) if is_judged else MOST_WAITING)
    most = own.most_waiting or MOST_WAITING
    free = most - count_waiting(session, source.id, most=most)
    return Room(most=free if free >= max(1, most * FREE_AGAIN) else 0)
