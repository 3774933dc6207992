"""What no history file carries, written in plain SQL: versions, times, vectors, outages, silences, lost frames."""

import json
import random
import sqlite3
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from tests.evals.world import CLASSES, FIRST, HEIGHT, NOW, PLACES, SEED, WIDTH, local
from tests.evals.world_people import REVIEWERS, add_audit_picks, add_labels, close_incidents
from tests.evals.world_sql import moment, text, write_audit

DIMENSIONS = 64
PROMISED = {"line-1": 0.002, "line-2": 0.001, "press-line": 0.003, "weld-cell": 0.002, "solar-field": 0.005}
WAITING = {"line-1": 12, "press-line": 3}
LOST = (("rejected", "truncated", 40), ("dropped", "queue_full", 25), ("dead_letter", "decoder_crash", 5))
Rows = list[tuple[Any, ...]]


def add_extras(connection: sqlite3.Connection) -> None:
    """Write everything, from one seed; label times must be known before the audit of them."""
    chance = random.Random(SEED + 100)  # noqa: S311 - a history, no secret
    for add in WRITERS:
        add(connection, chance)
    for table, at in (("label", "created_at"), ("audit", "at")):
        _renumber(connection, table, at)
    connection.commit()


def _renumber(connection: sqlite3.Connection, table: str, at: str) -> None:
    """Give rows their ids in the order of time, as if each had been written when it happened."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "id"]
    columns = ", ".join(names)
    rows = connection.execute(f"SELECT {columns} FROM {table} ORDER BY {at}, id").fetchall()
    connection.execute(f"DELETE FROM {table}")
    places = ", ".join("?" * len(names))
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)


def _versions(connection: sqlite3.Connection, chance: random.Random) -> None:
    ids = dict(connection.execute("SELECT name, id FROM source"))
    for place in PLACES:
        for number, (begun, threshold) in enumerate(place.versions, 1):
            name, at = f"{place.name}@{number}", max(local(begun), FIRST)
            connection.execute(
                "UPDATE detector_version SET created_at = ?, method = 'patchcore', preset = 'fast', details = '{}', "
                "threshold = ?, promised_rate = ?, training_images = ?, embedding_space = ?, bundle = ?, "
                "manifest_sha256 = ? WHERE name = ?",
                (text(at - timedelta(hours=2)), threshold, PROMISED[place.name] / number, 150 + 50 * number,
                 f"lite0/{min(number, 2)}", f"bundles/{name}", f"{number:064x}", name),
            )  # fmt: skip
            if number > 1:
                was = {"was": f"{place.name}@{number - 1}"}
                write_audit(connection, at, chance.choice(REVIEWERS), "version_applied", name, was)
        connection.execute(
            "UPDATE source SET active_version_id = (SELECT id FROM detector_version WHERE name = ?), "
            "last_frame_at = (SELECT MAX(captured_at) FROM frame WHERE source_id = source.id), fault = ? WHERE id = ?",
            (f"{place.name}@{len(place.versions)}", next((one.kind for one in place.faults if one.until is None), None),
             ids[place.name]),
        )  # fmt: skip


def _timings(connection: sqlite3.Connection, chance: random.Random) -> None:
    rows = [
        (text(moment(at) + timedelta(seconds=min(chance.lognormvariate(1.0, 0.5), 25))),
         round(chance.gauss(95, 9), 2), WIDTH, HEIGHT, row)
        for row, at in connection.execute("SELECT id, captured_at FROM inspection").fetchall()
    ]  # fmt: skip
    connection.executemany(
        "UPDATE inspection SET inspected_at = ?, milliseconds = ?, width = ?, height = ? WHERE id = ?", rows
    )


def _vectors(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Give anomalies with one region a vector near that of their class; the space is their version's."""
    generator = np.random.default_rng(chance.getrandbits(32))
    centres = {name: generator.normal(size=DIMENSIONS) for name in CLASSES}
    rows = []
    for row, regions, said in connection.execute(
        "SELECT id, regions, defect_class FROM inspection WHERE verdict = 'anomalous' AND fault IS NULL ORDER BY id"
    ):
        if len(json.loads(regions)) == 1:
            centre = centres[said or chance.choice(CLASSES)]
            vector = centre + 0.6 * generator.normal(size=DIMENSIONS)
            rows.append(((vector / np.linalg.norm(vector)).astype("<f2").tobytes(), row))
    connection.executemany("UPDATE inspection SET vectors = ? WHERE id = ?", rows)
    connection.execute(
        "UPDATE inspection SET embedding_space = "
        "(SELECT d.embedding_space FROM detector_version d WHERE d.id = detector_version_id)"
    )


def _outages(connection: sqlite3.Connection, chance: random.Random) -> None:
    del chance
    ids = dict(connection.execute("SELECT name, id FROM source"))
    rows: Rows = []
    for place in PLACES:
        for start, end in place.silent:
            rows.append((ids[place.name], "silent", text(start), text(end), text(end), 0))
        for fault in place.faults:
            last, count = connection.execute(
                "SELECT MAX(captured_at), COUNT(*) FROM inspection WHERE source_id = ? AND fault = ?",
                (ids[place.name], fault.kind),
            ).fetchone()
            rows.append((ids[place.name], fault.kind, text(fault.start), last,
                         text(fault.until) if fault.until else None, count))  # fmt: skip
    connection.executemany(
        "INSERT INTO outage (source_id, kind, started_at, last_at, ended_at, frames, good, is_told, posts, told_frames)"
        " VALUES (?,?,?,?,?,?,0,1,1,0)",
        rows,
    )


def _silences(connection: sqlite3.Connection, chance: random.Random) -> None:
    del chance
    alike = connection.execute(
        "SELECT MAX(i.id) FROM inspection i JOIN source s ON s.id = i.source_id "
        "WHERE s.name = 'weld-cell' AND i.label = 'false_alarm' AND i.vectors IS NOT NULL"
    ).fetchone()[0]
    wanted = (
        ("line-2", None, None, "04-15 09:00", "04-15 18:00", "ben", "belt is being changed", 4),
        ("press-line", "dent", None, "04-14 08:00", "04-20 08:00", "anna", "known tool mark", 17),
        ("weld-cell", None, alike, "04-13 10:00", "05-13 10:00", "marek", "spatter", 9),
        ("line-2", None, None, "04-08 13:00", "04-08 14:00", "chloe", "cleaning", 2),
        ("line-2", "scratch", None, "03-03 06:00", "03-05 06:00", "anna", "new glove", 6),
        ("line-1", None, None, "03-30 16:00", "03-30 22:00", "ben", "bad lot, known", 21),
        ("solar-field", None, None, "02-20 18:00", "02-21 18:00", "marek", "lens is being cleaned", 0),
        (None, None, None, "03-29 01:00", "03-29 04:00", "anna", "clocks change", 3),
    )
    ids = dict(connection.execute("SELECT name, id FROM source"))
    for source, defect_class, like, start, until, author, comment, hits in wanted:
        cursor = connection.execute(
            "INSERT INTO silence (source_id, defect_class, like_inspection_id, starts_at, until, author, comment, hits)"
            " VALUES (?,?,?,?,?,?,?,?)",
            (ids.get(source or ""), defect_class, like, text(local(start)), text(local(until)), author, comment, hits),
        )
        subject = f"silence-{cursor.lastrowid}"
        write_audit(connection, local(start), author, "silence", subject, {"source_id": ids.get(source or "")})


def _frames(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Add frames that wait, and such as ended without an inspection, with the counts of their quarter of an hour."""
    ids = dict(connection.execute("SELECT name, id FROM source"))
    for name, count in WAITING.items():
        for number in range(count):
            _frame(connection, ids[name], NOW - timedelta(seconds=20 + 15 * number), "pending", None, number)
    for state, reason, count in LOST:
        for number in range(count):
            at = FIRST + timedelta(seconds=chance.uniform(0, (NOW - FIRST).total_seconds() - 7200))
            _frame(connection, ids["line-1"], at, state, reason, number)


def _frame(
    connection: sqlite3.Connection, source: int, at: datetime, state: str, reason: str | None, number: int
) -> None:
    connection.execute(
        "INSERT INTO frame (source_id, sha256, captured_at, captured_by, received_at, sequence, name, size_bytes, "
        "attributes, state, reason, attempt, has_blob) VALUES (?,?,?,'mtime',?,0,?,0,'{}',?,?,0,0)",
        (source, f"{state}{number:04d}".ljust(64, "0"), text(at), text(at), f"{state}-{number}.png", state, reason),
    )
    span = text(at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0))
    column = state if state != "pending" else "received"
    connection.execute(
        "INSERT INTO roll_up (source_id, starts_at, received, duplicates, scored, anomalous, faulted, rejected, "
        "dropped, dead_letter) VALUES (?, ?, 0, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
        (source, span),
    )
    added = "received = received + 1" + (f", {column} = {column} + 1" if column != "received" else "")
    connection.execute(f"UPDATE roll_up SET {added} WHERE source_id = ? AND starts_at = ?", (source, span))


WRITERS = (
    _versions,
    _timings,
    add_labels,
    _vectors,
    add_audit_picks,
    close_incidents,
    _outages,
    _silences,
    _frames,
)
