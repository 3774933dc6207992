"""An arrival becomes a blob and a frame in the ledger, once."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import structlog

from config.settings import Settings
from detectors.naming import read_capture
from detectors.room import Room
from detectors.sources.port import Arrival, ImageSource
from storage.errors import StorageError
from storage.failpoints import reach
from storage.opening import Stores
from storage.records import NewFrame, RejectReason, Source
from storage.repositories.frames import receive_frames
from storage.repositories.overtaken import drop_overtaken
from storage.text import storable

logger = structlog.get_logger()
LONGEST_NAME = 1000
AT_ONCE = 32
BYTES_AT_ONCE = 64_000_000
WRITERS = 4

ANY_ROOM = Room()

ReadExif = Callable[[Path], str | None]


@dataclass(frozen=True, slots=True)
class Stored:
    """An arrival whose bytes are kept, and the frame to be put into the ledger."""

    arrival: Arrival
    frame: NewFrame
    reason: RejectReason | None


def take_arrivals(
    source: Source,
    images: ImageSource,
    stores: Stores,
    settings: Settings,
    *,
    read_exif: ReadExif,
    room: Room = ANY_ROOM,
    may_go_on: Callable[[], bool] = lambda: True,
    now: datetime,
) -> int:
    """Put what a source offers into the ledger and return how many frames are new; raise SourceError.

    Some at once: their bytes are written side by side, as the disk makes each wait, and then their rows in one
    transaction. room: how much may be taken and how much may wait. may_go_on: asked before each few.
    """
    new = 0
    arrivals = islice(images.look(now=now), room.most)
    with ThreadPoolExecutor(WRITERS) as writers:
        while may_go_on() and (some := _next_few(arrivals)):
            tries = [
                writers.submit(_store, source, arrival, stores, settings, read_exif=read_exif, now=now)
                for arrival in some
            ]
            wait(tries)
            stored = [_stored(source, arrival, each) for arrival, each in zip(some, tries, strict=True)]
            new += _enter(source, [one for one in stored if one is not None], images, stores, room)
            _raise_storage_error(tries)  # nothing is wrong with those files: they are offered again
    return new


def _next_few(arrivals: Iterator[Arrival]) -> list[Arrival]:
    """Return the next arrivals, as many as are taken at once, or fewer where they are large."""
    some: list[Arrival] = []
    size = 0
    while len(some) < AT_ONCE and size < BYTES_AT_ONCE and (arrival := next(arrivals, None)) is not None:
        some.append(arrival)
        size += arrival.size_bytes
    return some


def _stored(source: Source, arrival: Arrival, storing: Future[Stored]) -> Stored | None:
    error = storing.exception()
    if error is None:
        return storing.result()
    if not isinstance(error, StorageError):  # the edge of one arrival: a poison file must not hold up the others
        logger.error("arrival_failed", source=source.name, origin=arrival.origin, exc_info=error)
    return None


def _raise_storage_error(tries: Sequence[Future[Stored]]) -> None:
    for error in (storing.exception() for storing in tries):
        if isinstance(error, StorageError):
            raise error


def _enter(source: Source, stored: list[Stored], images: ImageSource, stores: Stores, room: Room) -> int:
    """Put frames into the ledger and return how many are new; where one cannot be, the others are all the same."""
    try:
        return _enter_all(source, stored, images, stores, room)
    except StorageError:
        raise
    except Exception:  # noqa: BLE001 - one of them is poison, and is found and logged below
        return sum(_enter_alone(source, one, images, stores, room) for one in stored)


def _enter_alone(source: Source, one: Stored, images: ImageSource, stores: Stores, room: Room) -> int:
    try:
        return _enter_all(source, [one], images, stores, room)
    except StorageError:
        raise
    except Exception:  # the edge of one arrival: a poison file must not hold up the others
        logger.exception("arrival_failed", source=source.name, origin=one.arrival.origin)
        return 0


def _enter_all(source: Source, stored: list[Stored], images: ImageSource, stores: Stores, room: Room) -> int:
    dropped, unneeded = 0, set[str]()
    with stores.database.transaction() as session:
        ids = receive_frames(session, [(one.frame, one.reason) for one in stored])
        if room.keep is not None:
            dropped, unneeded = drop_overtaken(session, source.id, keep=room.keep)
    reach("arrival.committed")
    for sha256 in unneeded:
        stores.blobs.remove(sha256)
    if dropped:
        logger.warning("frames_overtaken", source=source.name, dropped=dropped, kept=room.keep)
    for one, frame_id in zip(stored, ids, strict=True):
        images.has_taken(one.arrival)
        logger.info(
            "frame_received", source=source.name, frame=frame_id, rejected=one.reason, duplicate=frame_id is None
        )
    return sum(frame_id is not None for frame_id in ids)


def _store(
    source: Source,
    arrival: Arrival,
    stores: Stores,
    settings: Settings,
    *,
    read_exif: ReadExif,
    now: datetime,
) -> Stored:
    reach("arrival.read")
    reason = arrival.reason
    if reason is None and not arrival.content:
        reason = RejectReason.EMPTY
    if reason is None and arrival.content is not None:
        sha256 = stores.blobs.put(arrival.content)  # before the row: a row never points at bytes that are not there
    else:
        sha256 = hashlib.sha256(arrival.origin.encode()).hexdigest()
    capture = read_capture(
        arrival,
        settings.sources[source.name].capture,
        time_zone=settings.zone_of(source.name),
        read_exif=lambda: _exif_of(arrival, read_exif),
        now=now,
    )
    frame = NewFrame(
        source_id=source.id,
        sha256=sha256,
        captured_at=capture.at,
        captured_by=capture.by,
        received_at=now,
        name=storable(arrival.name)[:LONGEST_NAME],
        origin=arrival.origin,
        size_bytes=arrival.size_bytes,
        attributes=capture.attributes,
    )
    return Stored(arrival, frame, reason)


def _exif_of(arrival: Arrival, read_exif: ReadExif) -> str | None:
    if arrival.file is not None:
        return read_exif(arrival.file)
    with tempfile.NamedTemporaryFile(suffix=".image") as file:
        file.write(arrival.content or b"")
        file.flush()
        return read_exif(Path(file.name))
