"""How SQLite keeps the moments and the audit of the bank's history."""

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any


def text(moment: datetime) -> str:
    """Return a moment as SQLite keeps it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


def moment(kept: str) -> datetime:
    """Return what SQLite kept as a moment."""
    return datetime.fromisoformat(kept).replace(tzinfo=UTC)


def write_audit(
    connection: sqlite3.Connection,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, Any],
    *,
    incident: int | None = None,
) -> None:
    """Write who did what; rows get the ids of their order in time at the end."""
    connection.execute(
        "INSERT INTO audit (at, actor, action, subject, detail, incident_id) VALUES (?,?,?,?,?,?)",
        (text(at), actor, action, subject, json.dumps(detail), incident),
    )
