"""Measure how many images a second the service takes: `python -m tests.benchmarks.throughput`.

The real detecting service (`oddspot detect`) with the preset fast. Photographs of solar cells, each file with bytes of
its own, lie in the folder before it starts; the clock runs from the first inspection committed to the
last. Prints a table, then one JSON object: images a second, and how the resident sets of all its processes grew.
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
import zlib
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from tests.journeys.commands import Running, oddspot

ROOT = Path(__file__).resolve().parents[2]
WANTED_RATE = 60.0
WANTED_GROWTH = 20.0
SOURCE = "cells"
WARM = 0.1
TIMEOUT_SECONDS = 3600.0
POLL_SECONDS = 0.5
DISTINCT, IEND_BYTES = 500, 12


@dataclass(frozen=True, slots=True)
class Line:
    """images a second between the first and the last tenth; megabytes resident in all processes at both ends."""

    frames: int
    workers: int
    images_per_second: float
    megabytes_warm: float
    megabytes_end: float
    rejected: int


def main() -> int:
    """Measure and return 1 where a wanted figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    default_data = os.environ.get("ODDSPOT_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default_data))
    parser.add_argument("--frames", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--defects", type=float, default=0.02, help="Share of frames that show a defect.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        line = _measure(Path(folder), options)
    print(f"{'frames':>8}{'workers':>9}{'images/s':>10}{'MB warm':>9}{'MB end':>8}   load {os.getloadavg()[0]:.1f}")
    print(
        f"{line.frames:>8}{line.workers:>9}{line.images_per_second:>10.1f}"
        f"{line.megabytes_warm:>9.0f}{line.megabytes_end:>8.0f}"
    )
    print(json.dumps({"throughput": asdict(line), "load": os.getloadavg()}))
    missed = line.images_per_second < WANTED_RATE or line.megabytes_end - line.megabytes_warm > WANTED_GROWTH
    return int(missed)


def _measure(home: Path, options: argparse.Namespace) -> Line:
    category = options.data / "solar_mono"
    sources = {SOURCE: {"path": "incoming", "mode": "batch"}}
    detector = {"preset": "fast", "threads": options.workers, "workers": options.workers}
    settings = {"sources": sources, "storage": {"data_dir": "data"}, "detector": detector}
    (home / "oddspot.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    done = oddspot("fit", SOURCE, "--good", str(category / "train" / "good"), "--live", cwd=home)
    assert done.returncode == 0, done.stderr
    good = sorted((category / "test" / "good").iterdir())
    odd = sorted(set((category / "test").glob("*/*.*")) - set(good))
    generator = np.random.default_rng(0)
    photos = [[good, odd][int(generator.random() < options.defects)] for _ in range(options.frames)]
    _write_frames(home / "incoming", [some[number % len(some)] for number, some in enumerate(photos)], generator)
    with Running("detect", cwd=home) as service:
        return _watch(home / "data" / "oddspot.db", service.process.pid, options.frames, options.workers)


def _write_frames(folder: Path, photos: list[Path], generator: np.random.Generator) -> None:
    """Write a PNG of distinct bytes for each: some with noise of one level at most, and a text of its own in every one.

    The text says nothing, and is read all the same; the pictures are decoded each time.
    """
    folder.mkdir()
    noisy: list[bytes] = []
    for number, photo in enumerate(photos):
        if number < DISTINCT:
            pixels = np.asarray(Image.open(photo))
            noise = generator.integers(-1, 2, pixels.shape, dtype=np.int16)
            buffer = BytesIO()
            Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8)).save(buffer, "PNG")
            noisy.append(buffer.getvalue())
        (folder / f"{number:06d}.png").write_bytes(_with_text(noisy[number % len(noisy)], str(number)))


def _with_text(png: bytes, text: str) -> bytes:
    """Return a PNG with one more tEXt chunk before its end."""
    body = b"tEXtnumber\0" + text.encode()
    chunk = (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)
    return png[:-IEND_BYTES] + chunk + png[-IEND_BYTES:]


def _watch(database: Path, pid: int, frames: int, workers: int) -> Line:
    """Wait until every frame has ended, taking the time and the memory after the first tenth and at the end."""
    warm_at, warm_count, warm_megabytes = 0.0, 0, 0.0
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        scored, rejected = _counts(database)
        now = time.monotonic()
        if not warm_at and scored >= WARM * frames:
            warm_at, warm_count, warm_megabytes = now, scored, _megabytes(pid)
        if scored + rejected >= frames:
            rate = (scored - warm_count) / (now - warm_at)
            return Line(frames, workers, rate, warm_megabytes, _megabytes(pid), rejected)
        time.sleep(POLL_SECONDS)
    message = "the service did not score every frame in an hour"
    raise TimeoutError(message)


def _counts(database: Path) -> tuple[int, int]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        found = dict(connection.execute("SELECT state, count(*) FROM frame GROUP BY state").fetchall())
    finally:
        connection.close()
    return found.get("scored", 0), sum(found.get(state, 0) for state in ("rejected", "dropped", "dead_letter"))


def _megabytes(pid: int) -> float:
    """Return the resident set of a process and all its descendants, in MB."""
    total, left = 0.0, [pid]
    while left:
        one = left.pop()
        try:
            status = Path(f"/proc/{one}/status").read_text(encoding="utf-8")
            left += map(int, Path(f"/proc/{one}/task/{one}/children").read_text(encoding="utf-8").split())
        except OSError:
            continue
        total += next((int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)
    return total


if __name__ == "__main__":
    sys.exit(main())
