"""Measure how long a month's report takes to read and to draw: `python -m tests.benchmarks.reports`.

Six sources with 300,000 frames in 31 days, one in a hundred an anomaly, among three months of such frames with
`--months 3`; SQLite, and PostgreSQL with `--postgres`. Prints a table, then one JSON object.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from agent.reports.making import make_report
from agent.reports.page import as_page
from agent.reports.periods import PeriodKind, period_at
from config.settings import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.migrate import migrate
from storage.models import DetectorVersionRow, FrameRow, InspectionRow, RollUpRow, SourceRow
from storage.repositories.roll_ups import span_start
from tests.servers.postgres import start_postgres

WANTED_SECONDS = 10.0
FRAMES_A_MONTH = 300_000
SOURCES = 6
START = datetime(2026, 1, 1, tzinfo=UTC)
STEP = timedelta(days=31) / FRAMES_A_MONTH
BATCH = 20_000


def main() -> int:
    """Measure and return 1 where the wanted figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=1)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = [_measure(Path(folder), f"sqlite:///{folder}/oddspot.db", asked.months)]
        if asked.postgres:
            server = start_postgres(Path(folder) / "postgres")
            lines.append(_measure(Path(folder), server.create_database("bench"), asked.months))
            server.stop()
    print(f"{'database':>12}{'frames':>10}{'read s':>9}{'page s':>9}   load {os.getloadavg()}")
    for line in lines:
        print(f"{line['database']:>12}{line['frames']:>10,}{line['read_seconds']:>9.2f}{line['page_seconds']:>9.2f}")
    print(json.dumps({"reports": lines, "load": os.getloadavg()}))
    return int(max(line["read_seconds"] for line in lines) >= WANTED_SECONDS)


def _measure(folder: Path, url: str, months: int) -> dict[str, Any]:
    database = Database(url)
    migrate(database)
    _fill(database, months * FRAMES_A_MONTH)
    settings = Settings()
    period = period_at(PeriodKind.MONTH, "2026-01", zone="UTC", shifts=settings.shifts.starts, now=START)
    begun = time.perf_counter()
    with database.reading() as session:
        made = make_report(session, settings, period, now=START + timedelta(days=31 * months))
    read = time.perf_counter()
    as_page(made, BlobStore(folder))
    drawn = time.perf_counter()
    database.close()
    assert made.report.total.frames.received == FRAMES_A_MONTH
    return {
        "database": database.dialect,
        "frames": months * FRAMES_A_MONTH,
        "read_seconds": round(read - begun, 2),
        "page_seconds": round(drawn - read, 2),
    }


def _fill(database: Database, frames: int) -> None:
    with database.transaction() as session:
        for source in range(1, SOURCES + 1):
            session.execute(insert(SourceRow).values(_source(source)))
            session.execute(insert(DetectorVersionRow).values(_version(source)))
    spans: dict[tuple[int, datetime], list[int]] = {}
    for first in range(0, frames, BATCH):
        numbers = range(first, min(frames, first + BATCH))
        with database.transaction() as session:
            session.execute(insert(FrameRow), [_frame(number) for number in numbers])
            session.execute(insert(InspectionRow), [_inspection(number) for number in numbers])
        for number in numbers:
            counts = spans.setdefault((_source_of(number), span_start(_at(number))), [0, 0])
            counts[0] += 1
            counts[1] += _is_odd(number)
    with database.transaction() as session:
        session.execute(insert(RollUpRow), list(_roll_ups(spans)))
    if database.dialect == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _source(source: int) -> dict[str, Any]:
    return {"id": source, "name": f"line-{source}", "state": "live", "active_version_id": source, "created_at": START}


def _version(source: int) -> dict[str, Any]:
    names = {"number": 1, "name": f"line-{source}@1", "method": "patchcore", "preset": "fast", "embedding_space": ""}
    figures = {"threshold": 1.0, "promised_rate": 0.01, "training_images": 200, "bundle": "bundle", "details": {}}
    return {"id": source, "source_id": source, "created_at": START} | names | figures


def _frame(number: int) -> dict[str, Any]:
    at = _at(number)
    ended = {"state": "scored", "attempt": 1, "sequence": 0, "size_bytes": 10, "captured_by": "mtime", "has_blob": True}
    names = {"sha256": f"{number:064x}", "name": f"part-{number}.png", "origin": f"/photos/part-{number}.png:1234567"}
    times = {"captured_at": at, "received_at": at, "attributes": {"lot": f"L{number // 1000}"}}
    return {"id": number + 1, "source_id": _source_of(number)} | names | times | ended


def _inspection(number: int) -> dict[str, Any]:
    is_odd, source, at = _is_odd(number), _source_of(number), _at(number)
    region = {"x": 1, "y": 2, "width": 3, "height": 4, "area": 5, "peak": 2.0}
    found = {
        "score": 2.0 if is_odd else 0.5,
        "threshold": 1.0,
        "verdict": "anomalous" if is_odd else "normal",
        "label": "false_alarm" if number % 300 == 0 else None,
        "regions": [region] if is_odd else [],
        "crops": ["c" * 64] if is_odd else [],
        "vectors": b"v" * 800 if is_odd else None,
        "heatmap": "a" * 64 if is_odd else None,
        "thumbnail": "b" * 64,
    }
    keys = {"id": number + 1, "frame_id": number + 1, "detector_version_id": source, "source_id": source}
    rest = {"embedding_space": "efficientnet-lite0-12345678-256-112", "is_shadow": False, "milliseconds": 20.0}
    return keys | {"captured_at": at, "inspected_at": at, "width": 640, "height": 480} | found | rest


def _roll_ups(spans: dict[tuple[int, datetime], list[int]]) -> Iterator[dict[str, Any]]:
    rest = dict.fromkeys(("duplicates", "faulted", "rejected", "dropped", "dead_letter"), 0)
    for (source, starts_at), (received, odd) in spans.items():
        counts = {"received": received, "scored": received, "anomalous": odd}
        yield {"source_id": source, "starts_at": starts_at} | counts | rest


def _at(number: int) -> datetime:
    return START + number * STEP


def _source_of(number: int) -> int:
    return number % SOURCES + 1


def _is_odd(number: int) -> bool:
    return number % 100 == 0


if __name__ == "__main__":
    sys.exit(main())
