"""The open things of a long ledger are found by their own small index, never by a walk through what is done."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Select, event, text
from sqlalchemy.orm import Session

from storage.database import Database
from storage.queries.latency import backlog
from storage.queries.operations import operations
from storage.repositories.deliveries import claim_due_deliveries
from storage.repositories.frames import claim_frames, queue_depth
from storage.repositories.jobs import claim_job, has_job
from tests.factories import NOON

Work = Callable[[Session], Any]


def plans_of(database: Database, work: Work) -> str:
    """Return how SQLite goes about every query of a piece of work."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    with database.transaction() as session:
        work(session)
        event.remove(database.engine, "before_cursor_execute", note)
        connection = session.connection()
        found = [
            row[3]
            for statement, parameters in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    return "\n".join(found)


@pytest.mark.parametrize(
    ("work", "index", "table"),
    [
        (lambda session: claim_frames(session, owner="test", limit=4, lease_seconds=9), "ix_frame_open", "frame"),
        (queue_depth, "ix_frame_open", "frame"),
        (lambda session: backlog(session, now=NOON), "ix_frame_open", "frame"),
        (has_job, "ix_job_open", "job"),
        (lambda session: claim_job(session, owner="test", lease_seconds=9), "ix_job_open", "job"),
        (lambda session: claim_due_deliveries(session, limit=4, now=NOON), "ix_delivery_open", "delivery"),
        (lambda session: operations(session, now=NOON), "ix_frame_open", "frame"),
    ],
    ids=["claim", "depth", "backlog", "has_job", "claim_job", "deliveries", "operations"],
)
def test_looks_at_open_rows_only(sqlite_database: Database, work: Work, index: str, table: str) -> None:
    plans = plans_of(sqlite_database, work)

    assert f"USING INDEX {index}" in plans or f"USING COVERING INDEX {index}" in plans, plans
    assert f"SCAN {table}\n" not in f"{plans}\n", plans


def test_an_index_that_fits_is_not_used_for_values_that_are_bound(sqlite_database: Database) -> None:
    bound: Select[Any] = text("SELECT id FROM frame WHERE state IN (:a, :b)")  # type: ignore[assignment]
    plans = plans_of(sqlite_database, lambda session: session.execute(bound, {"a": "pending", "b": "leased"}))

    assert "ix_frame_open" not in plans
