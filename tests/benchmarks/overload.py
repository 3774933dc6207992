"""Measure what ten times too much work comes to: `python -m tests.benchmarks.overload`.

The real detecting service with the preset fast. First how many images a second its workers score; then for some minutes
ten times as many are sent: one folder, whose files wait, gets as many as the workers could score alone; another, of
which the latest are kept, all the rest; some cameras are asked as often as can be. Then nothing more comes, until all
is done. Prints a table of queue, memory and disk over time, then one JSON object; returns 1 where anything was lost, or
grew without bound.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, select

from detectors.room import LATEST_KEPT
from detectors.worker import LEASED_AT_ONCE
from storage.database import Database
from storage.models import FrameRow, InspectionRow, SourceRow
from storage.repositories.sources import activate_version, ensure_source, set_source_state, source_by_name
from tests.journeys.commands import Running, oddspot, wait_until
from tests.plates import make_plate, write_plates

TIMES = 10
GOOD, WARM_UP, PICTURES = 16, 60, 60
FILES, FLOOD, CAMERA = "files", "flood", "camera"
CAMERAS, LOOK_SECONDS = 4, 0.2
OTHERS = (FLOOD, *(f"{CAMERA}-{number}" for number in range(CAMERAS)))
# Files that may wait in the ledger; the others stay in their folder.
MOST_WAITING = 300
TABLE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds since the load began; frames waiting in the ledger; files in the folder not taken; megabytes."""

    seconds: float
    waiting_files: int
    waiting_pictures: int
    untaken: int
    memory_mb: float
    blobs_mb: float


@dataclass(slots=True)
class Outcome:
    """What came of it; pictures: of cameras. by_end: frames by source kind and how they ended, with the reason."""

    scored_a_second: float
    sent_a_second: float = 0.0
    files_sent: int = 0
    by_end: dict[str, int] = field(default_factory=dict)
    most_waiting_files: int = 0
    most_waiting_pictures: int = 0
    memory_mb_before: float = 0.0
    memory_mb_most: float = 0.0
    blobs_mb_end: float = 0.0
    seconds_to_empty: float = 0.0
    least_scored_of_a_source: int = 0
    median_wait_of_pictures: float = 0.0
    missed: list[str] = field(default_factory=list)


def main() -> int:
    """Measure and return 1 where a wanted figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="How long the load lasts.")
    parser.add_argument("--times", type=float, default=TIMES)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = measure(Path(folder), seconds=options.seconds, times=options.times, workers=options.workers)
    for name, value in asdict(outcome).items():
        print(f"{name:<26}{value}")
    print(json.dumps({"overload": asdict(outcome), "load": os.getloadavg()}))
    return int(bool(outcome.missed))


def measure(home: Path, *, seconds: float, times: float = TIMES, workers: int = 1) -> Outcome:
    """Fit, measure the workers' pace, send too much for some seconds, wait until all is done, and count."""
    write_plates(home / "good", GOOD)
    for folder in (FILES, FLOOD):
        (home / folder).mkdir()
    _configure(home, workers, cameras=0, port=0)
    done = oddspot("fit", FILES, "--good", "good", "--live", cwd=home)
    assert done.returncode == 0, done.stderr
    house = House(home)
    with Running("detect", cwd=home) as service:
        service.wait_for("detecting")
        outcome = Outcome(scored_a_second=_pace(house))
    with camera_server() as port:
        _configure(home, workers, cameras=CAMERAS, port=port)
        for name in OTHERS:  # they are judged by the one detector there is
            house.share_detector(name)
        with Running("detect", cwd=home) as service:
            service.wait_for("detecting")
            _overload(house, service, outcome, seconds=seconds, times=times)
            service.stop()
    _count(house, outcome, workers=workers, seconds=seconds)
    house.database.close()
    return outcome


class House:
    """The home of the service, looked at from outside."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.database = Database(f"sqlite:///{home / 'data' / 'oddspot.db'}")
        self._pictures = [_png(seed) for seed in range(PICTURES)]
        self._numbers = count()

    def drop_file(self, folder: str) -> None:
        """Put one more file into a folder, whole."""
        number = next(self._numbers)
        name = f"{number:06d}.png"
        hidden = self.home / folder / f".{name}"
        # bytes of its own, before the chunk that ends a PNG
        picture = self._pictures[number % PICTURES]
        hidden.write_bytes(picture[:-12] + _text_chunk(f"{number}") + picture[-12:])
        hidden.rename(self.home / folder / name)

    def share_detector(self, name: str) -> None:
        """Let a source be judged by the detector of the folder, live."""
        with self.database.transaction() as session:
            folder = source_by_name(session, FILES)
            source = ensure_source(session, name, now=folder.created_at)
            activate_version(session, source.id, folder.active_version_id or 0, expected=None)
            set_source_state(session, name, folder.state, actor="benchmark", now=folder.created_at)

    def waiting(self) -> tuple[int, int]:
        """Return how many frames of files and of pictures are open."""
        is_file = SourceRow.name == FILES
        query = select(is_file, func.count()).select_from(FrameRow).join(SourceRow, SourceRow.id == FrameRow.source_id)
        with self.database.reading() as session:
            rows = session.execute(query.where(FrameRow.state.in_(("pending", "leased"))).group_by(is_file))
            found = {bool(kind): int(number) for kind, number in rows}
        return found.get(True, 0), found.get(False, 0)

    def taken_files(self) -> int:
        """Return how many files are in the ledger."""
        query = select(func.count(FrameRow.id)).join(SourceRow, SourceRow.id == FrameRow.source_id)
        with self.database.reading() as session:
            return session.scalar(query.where(SourceRow.name == FILES)) or 0

    def blobs_mb(self) -> float:
        """Return the size of all blobs; one may be gone between the listing and the look."""
        total = 0
        for file in (self.home / "data" / "blobs").rglob("*"):
            with suppress(FileNotFoundError):
                total += file.stat().st_size if file.is_file() else 0
        return total / 1e6


def _configure(home: Path, workers: int, *, cameras: int, port: int) -> None:
    sources: dict[str, Any] = {
        FILES: {"path": FILES, "most_waiting": MOST_WAITING},
        FLOOD: {"path": FLOOD, "when_behind": "keep_latest"},
    }
    for number in range(cameras):
        url = f"http://127.0.0.1:{port}/{number}.png"
        sources[f"{CAMERA}-{number}"] = {
            "kind": "snapshot",
            "url": url,
            "schedule": {"every_seconds": LOOK_SECONDS},
        }
    settings = {
        "sources": sources,
        "storage": {"data_dir": "data"},
        "detector": {"preset": "fast", "workers": workers, "threads": workers},
    }
    (home / "oddspot.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def _pace(house: House) -> float:
    """Return how many files a second are scored where some wait."""
    for _ in range(WARM_UP):
        house.drop_file(FILES)
    wait_until(lambda: house.taken_files() == WARM_UP and house.waiting() == (0, 0), seconds=300)
    with house.database.reading() as session:
        moments = session.scalars(select(InspectionRow.inspected_at).order_by(InspectionRow.inspected_at)).all()
    half = moments[len(moments) // 2 :]  # the first ones wait for the network to be loaded
    return max(1.0, (len(half) - 1) / max(0.1, (half[-1] - half[0]).total_seconds()))


def _overload(house: House, service: Running, outcome: Outcome, *, seconds: float, times: float) -> None:
    started, dropped, next_row = time.monotonic(), WARM_UP, 0.0
    outcome.memory_mb_before = _memory_mb(service.process.pid)
    is_over = False
    print(f"{'s':>6}{'files':>8}{'pictures':>10}{'untaken':>9}{'MB':>8}{'blobs MB':>10}", file=sys.stderr)
    while not is_over:
        spent = time.monotonic() - started
        while spent < seconds and dropped - WARM_UP < spent * outcome.scored_a_second:
            house.drop_file(FILES)
            dropped += 1
            for _ in range(round(times) - 1):
                house.drop_file(FLOOD)
        now = _moment(house, service, spent, dropped)
        outcome.most_waiting_files = max(outcome.most_waiting_files, now.waiting_files)
        outcome.most_waiting_pictures = max(outcome.most_waiting_pictures, now.waiting_pictures)
        outcome.memory_mb_most = max(outcome.memory_mb_most, now.memory_mb)
        if spent >= next_row:
            print(
                f"{spent:>6.0f}{now.waiting_files:>8}{now.waiting_pictures:>10}{now.untaken:>9}"
                f"{now.memory_mb:>8.0f}{now.blobs_mb:>10.1f}",
                file=sys.stderr,
                flush=True,
            )
            next_row += TABLE_SECONDS
        if spent >= seconds:
            CameraPage.is_on.clear()
        is_over = spent >= seconds and not (now.waiting_files or now.waiting_pictures or now.untaken)
        threading.Event().wait(0.2)
    outcome.files_sent = dropped
    outcome.seconds_to_empty = round(time.monotonic() - started - seconds, 1)
    outcome.blobs_mb_end = round(house.blobs_mb(), 1)


def _moment(house: House, service: Running, spent: float, dropped: int) -> Moment:
    files, pictures = house.waiting()
    memory, blobs = _memory_mb(service.process.pid), house.blobs_mb()
    return Moment(spent, files, pictures, dropped - house.taken_files(), memory, blobs)


def _count(house: House, outcome: Outcome, *, workers: int, seconds: float) -> None:
    is_file = SourceRow.name == FILES
    query = (
        select(is_file, FrameRow.state, FrameRow.reason, func.count())
        .select_from(FrameRow)
        .join(SourceRow, SourceRow.id == FrameRow.source_id)
        .group_by(is_file, FrameRow.state, FrameRow.reason)
    )
    scored = select(SourceRow.name, func.count()).select_from(InspectionRow).join(SourceRow).group_by(SourceRow.name)
    waits = select(FrameRow.received_at, InspectionRow.inspected_at).join(
        FrameRow, FrameRow.id == InspectionRow.frame_id
    )
    with house.database.reading() as session:
        for kind, state, reason, number in session.execute(query):
            name = f"{FILES if kind else 'pictures'} {state}" + (f" ({reason})" if reason else "")
            outcome.by_end[name] = int(number)
        by_source = Counter({name: int(number) for name, number in session.execute(scored)})
        pictures = waits.join(SourceRow, SourceRow.id == FrameRow.source_id).where(SourceRow.name != FILES)
        times = sorted((then - at).total_seconds() for at, then in session.execute(pictures))
        kept = session.scalar(select(func.count(FrameRow.id)).where(FrameRow.has_blob, FrameRow.state == "dropped"))
    outcome.least_scored_of_a_source = min(by_source[name] for name in OTHERS)
    outcome.median_wait_of_pictures = round(times[len(times) // 2], 2) if times else 0.0
    outcome.sent_a_second = round((sum(outcome.by_end.values()) - WARM_UP) / seconds, 1)
    wanted = {
        "a file was lost": outcome.by_end.get(f"{FILES} scored") == outcome.files_sent,
        "a frame ended otherwise": set(outcome.by_end)
        <= {f"{FILES} scored", "pictures scored", "pictures dropped (overtaken)"},
        "nothing was dropped: there was no overload": outcome.by_end.get("pictures dropped (overtaken)", 0) > 0,
        "more files waited than may": outcome.most_waiting_files <= MOST_WAITING,
        "more pictures waited than may": outcome.most_waiting_pictures
        <= LATEST_KEPT * len(OTHERS) + LEASED_AT_ONCE * workers,
        "a source was starved": outcome.least_scored_of_a_source > 0,
        "what was dropped is still on the disk": not kept,
    }
    outcome.missed = [words for words, is_met in wanted.items() if not is_met]


def _memory_mb(pid: int) -> float:
    """Return the resident set of a process and all its children."""
    found, total = [pid], 0.0
    while found:
        one = found.pop()
        try:
            status = Path(f"/proc/{one}/status").read_text(encoding="utf-8")
            children = Path(f"/proc/{one}/task/{one}/children").read_text(encoding="utf-8").split()
        except OSError:
            continue
        found += [int(child) for child in children]
        total += next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0) / 1000
    return round(total, 1)


def _png(seed: int) -> bytes:
    buffer = BytesIO()
    make_plate(1000 + seed).save(buffer, "PNG")
    return buffer.getvalue()


def _text_chunk(text: str) -> bytes:
    import zlib  # noqa: PLC0415 - beside its use

    body = b"tEXt" + b"number\0" + text.encode()
    return (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


class CameraPage(BaseHTTPRequestHandler):
    """Every GET is a new picture, until the cameras are off."""

    pictures: tuple[bytes, ...] = ()
    numbers = count()
    is_on = threading.Event()

    def do_GET(self) -> None:
        if not self.is_on.is_set():
            self.send_error(503)
            return
        number = next(self.numbers)
        picture = self.pictures[number % len(self.pictures)]
        body = picture[:-12] + _text_chunk(f"{number}") + picture[-12:]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def camera_server() -> Iterator[int]:
    """Serve pictures of any number of cameras; yield the port."""
    CameraPage.pictures = tuple(_png(seed) for seed in range(PICTURES))
    CameraPage.is_on.set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), CameraPage)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    sys.exit(main())
