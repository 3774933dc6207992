"""An arrival becomes a blob and a frame in the ledger, once."""

import hashlib
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from config.settings import Settings
from detectors.naming import read_capture
from detectors.sources.port import Arrival, ImageSource
from storage.errors import StorageError
from storage.opening import Stores
from storage.records import NewFrame, RejectReason, Source
from storage.repositories.frames import receive_frame
from storage.text import storable

logger = structlog.get_logger()
LONGEST_NAME = 1000

ReadExif = Callable[[Path], str | None]


def take_arrivals(
    source: Source,
    images: ImageSource,
    stores: Stores,
    settings: Settings,
    *,
    read_exif: ReadExif,
    now: datetime,
) -> int:
    """Put everything a source offers into the ledger and return how many frames are new; raise SourceError."""
    new = 0
    for arrival in images.look(now=now):
        try:
            new += _take(source, arrival, stores, settings, read_exif=read_exif, now=now)
        except StorageError:
            raise  # nothing is wrong with the file: it is offered again
        except Exception:  # the edge of one arrival: a poison file must not hold up the others
            logger.exception("arrival_failed", source=source.name, origin=arrival.origin)
            continue
        images.has_taken(arrival)
    return new


def _take(
    source: Source,
    arrival: Arrival,
    stores: Stores,
    settings: Settings,
    *,
    read_exif: ReadExif,
    now: datetime,
) -> bool:
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
    with stores.database.transaction() as session:
        frame_id = receive_frame(session, frame, rejected=reason)
    logger.info("frame_received", source=source.name, frame=frame_id, rejected=reason, duplicate=frame_id is None)
    return frame_id is not None


def _exif_of(arrival: Arrival, read_exif: ReadExif) -> str | None:
    if arrival.file is not None:
        return read_exif(arrival.file)
    with tempfile.NamedTemporaryFile(suffix=".image") as file:
        file.write(arrival.content or b"")
        file.flush()
        return read_exif(Path(file.name))
