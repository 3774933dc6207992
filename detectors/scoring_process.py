"""A process that scores: one worker, woken by its parent, until that is gone or a signal comes."""

import os
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from config.settings import Settings
from detectors.models import LoadedDetectors
from detectors.processes import ENDED, IDLE
from detectors.shared_decoders import SharedDecoders
from detectors.worker import Worker
from storage.errors import StorageError
from storage.opening import Stores
from storage.owners import owner_name
from storage.status.stages import Stages

logger = structlog.get_logger()
IDLE_SECONDS = 0.5


def score_until(stop: threading.Event, settings: Settings, stores: Stores, *, beats: int | None = None) -> None:
    """Score what waits until `stop` is set; each line from standard input says that something may wait.

    beats: the file descriptor that hears of every round that is over, so that a process that hangs is noticed.
    """
    if beats is not None:
        os.set_blocking(beats, False)
    wake = threading.Event()
    threading.Thread(target=_listen, args=(wake, stop), daemon=True).start()
    decoders = SharedDecoders(settings)
    own = settings.detector
    detectors = LoadedDetectors(
        settings.storage.data_dir,
        threads=own.threads_each,
        runtime=own.runtime,
        kept_bytes=own.memory_mb * 1_000_000 // own.processes,
    )
    name = owner_name(os.getpid())
    worker = Worker(
        name,
        stores,
        settings,
        decoders=decoders.of,
        detectors=detectors,
        clock=lambda: datetime.now(UTC),
        is_stopping=stop.is_set,
        stages=Stages(),
    )
    try:
        while not stop.is_set():
            ended = _work(worker)
            _beat(beats, ENDED if ended else IDLE)
            if not ended:
                wake.wait(IDLE_SECONDS)
                wake.clear()
    finally:
        decoders.close()


def _beat(beats: int | None, word: bytes) -> None:
    if beats is not None:
        with suppress(OSError):  # nobody listens any more
            os.write(beats, word)


def _work(worker: Worker) -> int:
    try:
        return worker.work()
    except StorageError as error:
        logger.warning("storage_away", reason=str(error))
        return 0
    except Exception:  # the edge of the process: it goes on
        logger.exception("work_failed")
        return 0


def _listen(wake: threading.Event, stop: threading.Event) -> None:
    """Wake for every line; where the parent is gone, so is its end of the pipe."""
    for _ in sys.stdin:
        wake.set()
    stop.set()
    wake.set()
