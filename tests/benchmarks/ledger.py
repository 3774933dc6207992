"""Measure the ledger with detectors that do nothing: `python -m tests.benchmarks.ledger --frames 4000`.

Frames are received, leased, inspected and recorded with their counts, one in 200 with an outbox event, by so many
worker processes as `--workers` names, on SQLite and PostgreSQL; then a claim on an empty table is set against one with
`--backlog` frames waiting. Prints a table, then one JSON object; returns 1 where a wanted figure is missed.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text

from storage.database import Database
from storage.migrate import migrate
from storage.models import CapturedRollUpRow, EventRow, FrameRow, InspectionRow
from storage.records import DetectorVersion, Finding, Lease, NewFrame, NewInspection, Region, SourceState, Verdict
from storage.repositories.frames import claim_frames, receive_frame, receive_frames
from storage.repositories.inspections import record_inspections
from storage.repositories.sources import activate_version, ensure_source, set_source_state, source_by_id
from storage.repositories.versions import NewVersion, active_version, register_version
from tests.servers.postgres import start_postgres

WANTED = {"postgresql": 1500.0, "sqlite": 2000.0}
WANTED_RATIO = 2.0
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOURCES, AT_ONCE, BATCH = 6, 16, 20_000
ODD_ONE_IN = 200
REGION = Region(x=1, y=2, width=3, height=4, area=12, peak=0.5)


def main() -> int:
    """Measure and return 1 where a wanted figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=4000)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4, 8])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backlog", type=int, default=1_000_000)
    parser.add_argument("--only", choices=sorted(WANTED))
    asked = parser.parse_args()
    lines: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        server = start_postgres(Path(folder)) if asked.only != "sqlite" else None
        for dialect in [asked.only] if asked.only else sorted(WANTED):
            for workers in asked.workers:
                rates = [_rate(url, asked.frames, workers) for url in _fresh(dialect, folder, server, asked.rounds)]
                rates.sort(key=lambda one: one["frames_a_second"])
                lines.append({"database": dialect, "workers": workers} | rates[len(rates) // 2])
                print(lines[-1], file=sys.stderr, flush=True)
            [url] = _fresh(dialect, folder, server, 1)
            lines.append({"database": dialect, "backlog": asked.backlog} | _claims(url, asked.backlog))
        if server:
            server.stop()
    return _report(lines)


def _fresh(dialect: str, folder: str, server: Any, number: int) -> Iterator[str]:
    for place in range(number):
        name = f"ledger_{time.monotonic_ns()}_{place}"
        url = f"sqlite:///{folder}/{name}.db" if dialect == "sqlite" else server.create_database(name)
        database = Database(url)
        migrate(database)
        _plant(database)
        database.close()
        yield url


def _plant(database: Database) -> None:
    with database.transaction() as session:
        for number in range(SOURCES):
            source = ensure_source(session, f"line-{number}", now=AT)
            version = NewVersion("bundle", "0" * 64, "patchcore", "fast", "space", 1.0, 0.01, 200)
            made = register_version(session, source, 1, version, now=AT)
            activate_version(session, source.id, made.id, expected=None)
            set_source_state(session, source.name, SourceState.LIVE, actor="benchmark", now=AT)


def _rate(url: str, frames: int, workers: int) -> dict[str, Any]:
    """Receive frames and let workers end them; return frames a second from the first received to the last ended."""
    context = multiprocessing.get_context("spawn")
    ready, go = context.Barrier(workers + 1), context.Event()
    ended: Any = context.Array("i", workers)
    processes = [context.Process(target=_work, args=(url, place, ready, go, ended)) for place in range(workers)]
    for process in processes:
        process.start()
    database = Database(url)
    ready.wait()
    begun = time.perf_counter()
    for first in range(0, frames, AT_ONCE):
        with database.transaction() as session:
            receive_frames(session, [(_frame(number), None) for number in range(first, min(frames, first + AT_ONCE))])
    received = time.perf_counter() - begun
    go.set()  # from now on, an empty queue is the end
    for process in processes:
        process.join()
    took = time.perf_counter() - begun
    shares = sorted(ended)
    _prove(database, frames)
    database.close()
    return {
        "frames_a_second": round(frames / took),
        "received_a_second": round(frames / received),
        "least_share": round(shares[0] / (frames / workers), 2),
        "most_share": round(shares[-1] / (frames / workers), 2),
        "failed": sum(process.exitcode != 0 for process in processes),
    }


def _work(url: str, place: int, ready: Any, go: Any, ended: Any) -> None:
    database = Database(url)
    with database.reading() as session:
        sources = [source_by_id(session, number + 1) for number in range(SOURCES)]
        versions = {source.id: active_version(session, source) for source in sources}
    ready.wait()
    while True:
        is_last = go.is_set()
        with database.transaction() as session:
            leases = claim_frames(session, owner=f"worker-{place}", limit=AT_ONCE, lease_seconds=60)
        if not leases and is_last:
            return
        with database.transaction() as session:
            recorded = record_inspections(session, [_finding(lease, versions) for lease in leases], now=AT)
        assert None not in recorded
        ended[place] += len(leases)


def _finding(lease: Lease, versions: dict[int, DetectorVersion | None]) -> Finding:
    version, is_odd = versions[lease.frame.source_id], lease.frame.id % ODD_ONE_IN == 0
    assert version is not None
    return Finding(lease, version, _found(is_odd=is_odd), is_told=is_odd, pages=is_odd)


def _prove(database: Database, frames: int) -> None:
    """Prove that every frame was inspected once, and counted once."""
    with database.reading() as session:
        scored = session.scalar(select(func.count(FrameRow.id)).where(FrameRow.state == "scored"))
        inspected = session.scalar(select(func.count(InspectionRow.id)))
        counted = session.scalar(select(func.sum(CapturedRollUpRow.inspections)))
        told = session.scalar(select(func.count(EventRow.id)))
    assert (scored, inspected, counted, told) == (frames, frames, frames, frames // ODD_ONE_IN)


def _claims(url: str, backlog: int) -> dict[str, Any]:
    """Return how long a claim takes on an empty table, and with so many frames waiting, both in milliseconds."""
    database = Database(url)
    empty = _claim_milliseconds(database)
    for first in range(0, backlog, BATCH):
        with database.transaction() as session:
            rows = [_row(number) for number in range(first, min(backlog, first + BATCH))]
            session.execute(insert(FrameRow), rows)
    if database.dialect == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE frame"))
    waiting = _claim_milliseconds(database)
    database.close()
    return {"empty_ms": round(empty, 3), "waiting_ms": round(waiting, 3), "ratio": round(waiting / empty, 2)}


def _claim_milliseconds(database: Database) -> float:
    """Return the median time of claiming one frame: of a table with just that frame, or with a backlog."""
    times = []
    for number in range(60):
        with database.transaction() as session:
            receive_frame(session, _frame(10_000_000 + number))
        begun = time.perf_counter()
        with database.transaction() as session:
            [lease] = claim_frames(session, owner="benchmark", limit=1, lease_seconds=60)
        times.append((time.perf_counter() - begun) * 1000)
        with database.transaction() as session:
            session.execute(text("DELETE FROM frame WHERE id = :id"), {"id": lease.frame.id})
    return statistics.median(times[10:])


def _frame(number: int) -> NewFrame:
    at = AT + timedelta(milliseconds=700 * number)
    return NewFrame(
        number % SOURCES + 1, f"{number:064x}", at, "mtime", at, f"{number}.png", 100, attributes={"lot": "L1"}
    )


def _row(number: int) -> dict[str, Any]:
    frame = _frame(number)
    kept = {"source_id": frame.source_id, "sha256": frame.sha256, "captured_at": frame.captured_at, "sequence": 0}
    rest = {"captured_by": "mtime", "received_at": frame.received_at, "name": frame.name, "size_bytes": 100}
    return kept | rest | {"attributes": {}, "state": "pending", "attempt": 0, "has_blob": True, "origin": frame.name}


def _found(*, is_odd: bool) -> NewInspection:
    return NewInspection(
        score=2.0 if is_odd else 0.5,
        threshold=1.0,
        p_value=0.5,
        verdict=Verdict.ANOMALOUS if is_odd else Verdict.NORMAL,
        fault=None,
        regions=(REGION,),
        milliseconds=1.0,
        width=640,
        height=480,
        vectors=b"v" * 304,
        embedding_space="space",
    )


def _report(lines: list[dict[str, Any]]) -> int:
    print(f"{'database':>12}{'workers':>9}{'frames/s':>10}{'received/s':>12}{'shares':>14}   load {os.getloadavg()}")
    missed = []
    for line in lines:
        if "workers" in line:
            shares = f"{line['least_share']:.2f}-{line['most_share']:.2f}"
            rates = f"{line['frames_a_second']:>10,}{line['received_a_second']:>12,}"
            print(f"{line['database']:>12}{line['workers']:>9}{rates}{shares:>14}")
        else:
            print(
                f"{line['database']:>12}  a claim: {line['empty_ms']} ms on an empty table,"
                f" {line['waiting_ms']} ms with {line['backlog']:,} waiting ({line['ratio']}x)"
            )
    for dialect in sorted({line["database"] for line in lines}):
        own = [line for line in lines if line["database"] == dialect]
        best = max((line["frames_a_second"] for line in own if "workers" in line), default=WANTED[dialect])
        missed += [f"{dialect}: {best} frames a second"] if best < WANTED[dialect] else []
        missed += [f"{dialect}: a claim takes {line['ratio']}x" for line in own if line.get("ratio", 0) > WANTED_RATIO]
    failed = sum(line.get("failed", 0) for line in lines)
    missed += [f"{failed} workers failed"] if failed else []
    print(json.dumps({"ledger": lines, "missed": missed, "load": os.getloadavg()}))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
