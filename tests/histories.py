"""Small histories for tests, through the real import."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from storage.database import Database
from storage.history.importing import import_history
from storage.models import InspectionRow
from storage.repositories.roll_ups import recount_captured

NOW = datetime(2026, 3, 25, 10, 30, tzinfo=UTC)


def line(hours_ago: float = 1.0, **changes: Any) -> dict[str, Any]:
    """One line of a history, an unlabelled anomaly of line-1 unless said otherwise."""
    at = NOW - timedelta(hours=hours_ago)
    base = {
        "source": "line-1",
        "captured_at": at.isoformat(),
        "score": 2.0,
        "threshold": 1.0,
        "verdict": "anomalous",
        "detector": "line-1@1",
        "path": f"part-{hours_ago}.png",
    }
    changed = base | changes
    return changed | {"detector": changes.get("detector", f"{changed['source']}@1")}


def normal(hours_ago: float = 1.0, **changes: Any) -> dict[str, Any]:
    """One line of a normal image."""
    return line(hours_ago, **({"verdict": "normal", "score": 0.5} | changes))


def fill(database: Database, lines: Iterable[dict[str, Any]]) -> list[int]:
    """Import lines and return their inspections' ids in order."""
    reports = list(import_history(database, [json.dumps(one) for one in lines], now=NOW))
    assert not reports[-1].errors
    return [reports[-1].ids[number] for number in sorted(reports[-1].ids)]


def change(database: Database, inspection_id: int, **values: Any) -> None:
    """Change an inspection's row in a way no import can, such as a fault or a shadow."""
    with database.transaction() as session:
        session.execute(update(InspectionRow).where(InspectionRow.id == inspection_id).values(**values))
        recount_captured(session)
