"""What people said and did in the bank's history: labels, answers to the audit, states of incidents."""

import random
import sqlite3
from datetime import UTC, datetime, timedelta

from tests.evals.world import NOW
from tests.evals.world_sql import moment, text, write_audit

REVIEWERS = ("anna", "ben", "chloe", "marek")
SHARES = (5, 3, 4, 2)
UNAUDITED = "solar-field"
PICKS_A_DAY = ("random", "random", "random", "near", "near")


def add_labels(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Say who labelled and when; some had said otherwise before, and some took a word back."""
    found = connection.execute("SELECT id, inspection_id, kind, created_at FROM label ORDER BY id").fetchall()
    for row, inspection, kind, captured in found:
        author = chance.choices(REVIEWERS, SHARES)[0]
        said_at = min(moment(captured) + timedelta(minutes=chance.uniform(20, 1200)), NOW - timedelta(minutes=2))
        connection.execute("UPDATE label SET author = ?, created_at = ? WHERE id = ?", (author, text(said_at), row))
        write_audit(connection, said_at, author, "label", f"A-{inspection}", {"now": kind})
        luck = chance.random()
        if luck < 0.08:
            earlier = said_at - timedelta(minutes=chance.uniform(1, 15))
            other = "unsure" if kind != "unsure" else "defect"
            _old_label(connection, inspection, other, chance.choice(REVIEWERS), earlier, withdrawn=None)
        elif luck < 0.1:
            earlier = said_at - timedelta(minutes=chance.uniform(1, 15))
            _old_label(connection, inspection, "false_alarm", author, earlier, withdrawn=said_at)


def _old_label(
    connection: sqlite3.Connection, inspection: int, kind: str, author: str, at: datetime, *, withdrawn: datetime | None
) -> None:
    connection.execute(
        "INSERT INTO label (inspection_id, kind, author, created_at, withdrawn_at, withdrawn_by) VALUES (?,?,?,?,?,?)",
        (inspection, kind, author, text(at), text(withdrawn) if withdrawn else None, author if withdrawn else None),
    )
    write_audit(connection, at, author, "label", f"A-{inspection}", {"now": kind})


def add_audit_picks(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Ask about five normal frames a day and source since February, and answer most."""
    for source, name in connection.execute("SELECT id, name FROM source ORDER BY id").fetchall():
        if name == UNAUDITED:
            continue
        by_day: dict[str, list[int]] = {}
        for row, day in connection.execute(
            "SELECT id, date(captured_at) FROM inspection WHERE source_id = ? AND verdict = 'normal' "
            "AND fault IS NULL AND label IS NULL AND captured_at >= '2026-02-01' AND captured_at < '2026-04-14' "
            "ORDER BY id",
            (source,),
        ):
            by_day.setdefault(day, []).append(row)
        for day, frames in by_day.items():
            for inspection, stratum in zip(chance.sample(frames, len(PICKS_A_DAY)), PICKS_A_DAY, strict=True):
                _pick(connection, chance, source, day, inspection, stratum, len(frames) / 3)


def _pick(
    connection: sqlite3.Connection,
    chance: random.Random,
    source: int,
    day: str,
    inspection: int,
    stratum: str,
    weight: float,
) -> None:
    asked = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=31)
    luck, author, at = chance.random(), chance.choice(REVIEWERS), asked + timedelta(minutes=chance.uniform(5, 240))
    said = None if luck < 0.1 else "missed" if luck < (0.14 if stratum == "random" else 0.2) else "good"
    connection.execute(
        "INSERT INTO audit_pick (source_id, day, inspection_id, stratum, weight, picked_at, said, said_by, said_at) "
        "VALUES (?,?,?,?,?,?,?,?,?)",
        (source, day, inspection, stratum, weight if stratum == "random" else 1.0, text(asked), said,
         author if said else None, text(at) if said else None),
    )  # fmt: skip
    if said:
        write_audit(connection, at, author, "audit_answer", f"A-{inspection}", {"said": said})
    if said == "missed":
        connection.execute("UPDATE inspection SET label = 'missed' WHERE id = ?", (inspection,))
        connection.execute(
            "INSERT INTO label (inspection_id, kind, author, created_at) VALUES (?, 'missed', ?, ?)",
            (inspection, author, text(at)),
        )
        write_audit(connection, at, author, "label", f"A-{inspection}", {"now": "missed"})


def close_incidents(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Close what is older than two weeks; of the newer ones some are open, acknowledged or closed."""
    for row, last in connection.execute("SELECT id, last_at FROM incident ORDER BY id").fetchall():
        age = NOW - moment(last)
        states = ("resolved", "dismissed", "acknowledged", "open")
        shares = (75, 24, 0, 1) if age > timedelta(days=14) else (30, 15, 25, 30)
        state = chance.choices(states, shares)[0]
        person = chance.choices(REVIEWERS, SHARES)[0]
        at = min(moment(last) + timedelta(minutes=chance.uniform(5, 600)), NOW - timedelta(minutes=1))
        closed = text(at) if state in {"resolved", "dismissed"} else None
        connection.execute("UPDATE incident SET state = ?, closed_at = ? WHERE id = ?", (state, closed, row))
        if state != "open":
            detail = {"was": "open"}
            write_audit(connection, at, person, f"incident_{state}", f"I-{row}", detail, incident=row)
