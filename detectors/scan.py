"""One scan tick: look at one source and put what is new into the ledger."""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from config.settings import Settings
from config.sources import SourceSettings
from detectors.decode import DecodeError, Decoder
from detectors.intake import take_arrivals
from detectors.room import DiskGate, room_of
from detectors.sources.folder import FolderSource
from detectors.sources.port import ImageSource, SourceError
from detectors.sources.snapshot import SnapshotSource
from storage.opening import Stores
from storage.records import Source
from storage.repositories.frames import has_origin
from storage.repositories.sources import ensure_source, source_by_id

logger = structlog.get_logger()


class Scanner:
    """Looks at one source; ticks that come while a look runs are skipped.

    waited_at: when it last let its images wait for room, on the disk or in the ledger. looked: told of every look,
    and whether it reached the source.
    """

    def __init__(
        self,
        name: str,
        stores: Stores,
        settings: Settings,
        *,
        decoder: Decoder,
        gate: DiskGate,
        clock: Callable[[], datetime],
        on_new: Callable[[], None],
        looked: Callable[[str, bool], None] = lambda _name, _is_reached: None,
    ) -> None:
        self.name = name
        self._looked = looked
        self._stores = stores
        self._settings = settings
        self._decoder = decoder
        self._gate = gate
        self.waited_at: datetime | None = None
        self._clock = clock
        self._on_new = on_new
        self._busy = threading.Lock()
        with stores.database.transaction() as session:
            self._source = ensure_source(session, name, now=clock())
        self._images = open_source(self._source, stores, settings)

    @property
    def has_unsettled(self) -> bool:
        """Whether files were seen that may still be growing."""
        return isinstance(self._images, FolderSource) and self._images.has_unsettled

    def tick(self) -> None:
        """Look once; what goes wrong is logged, and the next tick tries again."""
        if not self._busy.acquire(blocking=False):
            return
        try:
            new = self._take()
        except SourceError as error:
            self._looked(self.name, False)
            logger.warning("source_not_reached", source=self.name, reason=str(error))
        except Exception:  # the edge of a tick: another source must not be held up
            logger.exception("scan_failed", source=self.name)
        else:
            self._looked(self.name, True)
            if new:
                self._on_new()
        finally:
            self._busy.release()

    def _take(self) -> int:
        """Take what there is room for; note when something had to wait for room."""
        with self._stores.database.reading() as session:
            source = source_by_id(session, self._source.id)
            room = room_of(session, source, self._settings.sources[self.name])
        if room.most == 0 or not self._gate.is_open():
            self.waited_at = self._clock()
            return 0
        return take_arrivals(
            self._source,
            self._images,
            self._stores,
            self._settings,
            read_exif=self._read_exif,
            room=room,
            may_go_on=self._gate.is_open,
            now=self._clock(),
        )

    def _read_exif(self, file: Path) -> str | None:
        try:
            return self._decoder.decode(file).taken_at
        except DecodeError:
            return None


def open_source(source: Source, stores: Stores, settings: Settings) -> ImageSource:
    """Return the place a source's settings name."""
    own = settings.sources[source.name]

    def is_known(origin: str) -> bool:
        with stores.database.reading() as session:
            return has_origin(session, source.id, origin)

    return make_source(source.name, own, max_bytes=settings.limits_of(source.name).max_bytes, is_known=is_known)


def make_source(name: str, own: SourceSettings, *, max_bytes: int, is_known: Callable[[str], bool]) -> ImageSource:
    """Return a folder or snapshot source; `is_known(origin)` says what was taken before."""
    if own.kind == "folder" and own.path is not None:
        return FolderSource(name, own.path, max_bytes=max_bytes, is_known=is_known)
    password = own.password.get_secret_value() if own.password else ""
    auth = (own.username, password) if own.username else None
    return SnapshotSource(name, own.url or "", auth=auth, timeout_seconds=own.timeout_seconds, max_bytes=max_bytes)
