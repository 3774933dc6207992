"""Drop unseen cells into the watched folder, one by one, and watch the service judge them."""

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from detectors.demo.cells import Cell
from detectors.demo.children import Service
from detectors.errors import DetectorError
from storage.database import Database
from storage.repositories.tallies import Tally, tally

DROP_SECONDS = 0.35
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 90.0


class StreamError(DetectorError):
    """The service did not end the stream in time."""

    def __init__(self, frames: int, wanted: int) -> None:
        super().__init__(
            f"Only {frames} of {wanted} cells were judged in time; see service.log beside the demo's data."
        )


def drop_cells(
    cells: Sequence[Cell],
    incoming: Path,
    database: Database,
    service: Service,
    on_tally: Callable[[Tally], None],
) -> dict[str, bool]:
    """Drop every cell, wait until all are judged and told, and return file name -> is_defective; raise StreamError."""
    truth: dict[str, bool] = {}
    for number, cell in enumerate(cells, 1):
        name = f"cell-{number:03d}.png"
        _drop(cell.path, incoming / name)
        truth[name] = cell.is_defective
        _watch(database, service, on_tally, until=time.monotonic() + DROP_SECONDS, is_done=lambda _: False)
    deadline = time.monotonic() + PATIENCE_SECONDS
    last = _watch(
        database,
        service,
        on_tally,
        until=deadline,
        is_done=lambda now: now.frames >= len(cells) and now.untold == 0,
    )
    if last.frames < len(cells):
        raise StreamError(last.frames, len(cells))
    return truth


def _drop(source: Path, target: Path) -> None:
    """Copy under a hidden name and rename, as a camera that writes carefully would."""
    hidden = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, hidden)
    hidden.rename(target)


def _watch(
    database: Database,
    service: Service,
    on_tally: Callable[[Tally], None],
    *,
    until: float,
    is_done: Callable[[Tally], bool],
) -> Tally:
    while True:
        with database.reading() as session:
            now = tally(session)
        on_tally(now)
        if is_done(now) or time.monotonic() >= until:
            return now
        service.require_alive()
        time.sleep(LOOK_SECONDS)
