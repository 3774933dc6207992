"""The open things of a long ledger are found by their own small index, never by a walk through what is done."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Select, event, text
from sqlalchemy.orm import Session

from storage.database import Database
from storage.models.found import FEW
from storage.queries.counting import count_inspections
from storage.queries.latency import backlog
from storage.queries.operations import operations
from storage.queries.selection import Selection
from storage.records import Window
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


LONG = Window(NOON - timedelta(days=300), NOON)


@pytest.mark.parametrize(
    "narrowed",
    [
        {},
        {"sources": ("line-1",)},
        {"detectors": ("line-1@1",)},
        {"labels": ("defect",)},
        {"labels": ("unlabelled",)},
        {"excluded_labels": ("false_alarm",)},
        {"defect_classes": ("crack",)},
        {"attributes": {"lot": "42"}},
        {"min_ratio": 1.5},
    ],
    ids=str,
)
def test_counts_a_long_window_without_walking_what_was_inspected(
    sqlite_database: Database, narrowed: dict[str, Any]
) -> None:
    selection = Selection(window=LONG, **narrowed)

    plans = plans_of(sqlite_database, lambda session: count_inspections(session, selection=selection))

    few = "|".join(FEW)
    looks = [line for line in plans.splitlines() if re.search(r"\b(SCAN|SEARCH) inspection\b", line)]
    assert looks
    assert all(re.search(rf"^SEARCH inspection USING (COVERING )?INDEX ({few}) ", line) for line in looks), plans


def test_an_index_that_fits_is_not_used_for_values_that_are_bound(sqlite_database: Database) -> None:
    bound: Select[Any] = text("SELECT id FROM frame WHERE state IN (:a, :b)")  # type: ignore[assignment]
    plans = plans_of(sqlite_database, lambda session: session.execute(bound, {"a": "pending", "b": "leased"}))

    assert "ix_frame_open" not in plans
