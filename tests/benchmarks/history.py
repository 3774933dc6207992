"""Measure every tool of the assistant on a long history: `python -m tests.benchmarks.history --inspections 5000000`.

SQLite and PostgreSQL, or the ones named by `--on`; `--url` takes a database that was filled before. Of every query it
prints how long the slowest of `--rounds` quickest rounds took and which of the long tables it walked without an index.
Prints a table, then one JSON object; returns 1 where a query takes longer than is wanted.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event

from agent.assistant.tools.context import ToolContext
from agent.assistant.tools.registry import TOOLS, run_tool
from config.settings import Settings
from storage.database import Database
from storage.migrate import migrate
from tests.benchmarks.history_world import NOW, fill
from tests.servers.postgres import start_postgres

WANTED_SECONDS = {"postgresql": 0.3, "sqlite": 1.0}
LONG_TABLES = ("frame", "inspection")
INDEXED = re.compile(r"(?:ix|uq|pk)_\w+|\w+_pkey|INTEGER PRIMARY KEY|sqlite_autoindex_\w+")
WALKED = re.compile(r"Seq Scan on (\w+)|SCAN (\w+)(?! USING| VIRTUAL)(?=$|\n)")
WINDOWS: tuple[str | None, ...] = (None, "last 365 days", "last 90 days", "last 7 days", "yesterday")
GROUPS = ("source", "hour", "day", "week", "month", "shift", "hour_of_day", "weekday", "defect_class", "label",
          "detector", "verdict")  # fmt: skip
FILTERS: tuple[dict[str, Any], ...] = (
    {"sources": ["line-2"]},
    {"excluded_sources": ["line-2"]},
    {"defect_classes": ["crack"]},
    {"labels": ["defect"]},
    {"labels": ["unlabelled"]},
    {"excluded_labels": ["false_alarm"]},
    {"detectors": ["line-1@3"]},
    {"attributes": {"lot": "L2400"}},
    {"min_ratio": 1.5},
)
OTHER_CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_anomaly", {"id": "A-4997201"}),
    ("detector_status", {}),
    ("list_incidents", {"states": ["open"]}),
    ("list_incidents", {"order": "longest"}),
    ("list_incidents", {"order": "largest", "window": "last 90 days"}),
    ("what_if", {"sources": ["line-1"], "threshold": 1.4}),
    ("what_if", {"sources": ["line-1"], "window": "last 90 days"}),
    ("compare", {"window": "last month", "other_window": "this month"}),
    ("compare", {"sources": ["line-1"], "other_sources": ["line-2"]}),
    ("compare", {"attributes": {"lot": "L2400"}, "other_attributes": {"lot": "L2401"}}),
    ("similar", {"id": "A-4997201"}),
    ("list_silences", {}),
    ("list_unjudged", {}),
    ("find_image", {"file": "no such image.png"}),
    ("versions", {}),
    ("coverage", {}),
    ("changes", {}),
    ("changes", {"person": "slack:U1", "window": "last 90 days"}),
    ("report", {"period": "day"}),
    ("report", {"period": "week"}),
    ("report", {"period": "month"}),
    ("report", {"window": "last 365 days"}),
    ("count_anomalies", {"group_by": "attribute", "attribute": "part", "window": "last 90 days"}),
    ("count_anomalies", {"group_by": "attribute", "attribute": "part"}),
    ("list_anomalies", {"order": "newest", "offset": 20000}),
    ("list_anomalies", {"kind": "missed"}),
)


@dataclass
class Query:
    """One statement of a tool: how long it took at best, and how the database went about it."""

    statement: str
    parameters: Any
    seconds: float
    plan: str = ""

    @property
    def walked(self) -> list[str]:
        """The long tables it read from end to end."""
        found = {first or second for first, second in WALKED.findall(self.plan)}
        return sorted(found & set(LONG_TABLES))


@dataclass
class Measured:
    """A call of a tool: how long the whole took, and its queries."""

    tool: str
    arguments: dict[str, Any]
    seconds: float = 0.0
    status: str = ""
    queries: list[Query] = field(default_factory=list)

    @property
    def slowest(self) -> Query:
        """Its slowest query."""
        return max(self.queries, key=lambda query: query.seconds)


def calls() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every call that is measured: each tool that takes a window over each, counts by each group and filter."""
    for name, tool in TOOLS.items():
        if "window" in tool.arguments.model_fields and name not in {"compare", "what_if", "report"}:
            yield from ((name, {"window": window} if window else {}) for window in WINDOWS)
    for group in GROUPS:
        for window in ("last 90 days",) if group in {"hour", "hour_of_day"} else ("last 365 days", "last 90 days"):
            yield "count_anomalies", {"group_by": group, "window": window}
    for narrowed in FILTERS:
        yield "count_anomalies", narrowed
        yield "list_anomalies", narrowed | {"order": "worst"}
        yield "trend", narrowed | {"window": "last 90 days"}
    yield from OTHER_CALLS


def measure(database: Database, settings: Settings, *, rounds: int) -> list[Measured]:
    """Measure every call, the quickest of some rounds each."""
    context = ToolContext(database, settings, NOW)
    found = []
    for name, arguments in calls():
        best: Measured | None = None
        for _ in range(rounds):
            with _watched(database) as queries:
                begun = time.perf_counter()
                result = run_tool(context, name, arguments)
                took = time.perf_counter() - begun
            one = Measured(name, arguments, took, str(result.status), queries)
            best = _quickest(best, one)
        assert best is not None
        assert best.status in {"ok", "no_data"}, (name, arguments, result.message)
        best.slowest.plan = _plan(database, best.slowest)
        found.append(best)
        print(f"{best.slowest.seconds:8.3f} s  {name} {arguments}", file=sys.stderr, flush=True)
    return found


def _quickest(best: Measured | None, one: Measured) -> Measured:
    if best is None:
        return one
    for kept, other in zip(best.queries, one.queries, strict=True):
        kept.seconds = min(kept.seconds, other.seconds)
    best.seconds = min(best.seconds, one.seconds)
    return best


@contextmanager
def _watched(database: Database) -> Iterator[list[Query]]:
    """Note every query, with the time until its last row could be read."""
    queries: list[Query] = []
    begun = [0.0]

    def before(*_: Any) -> None:
        begun[0] = time.perf_counter()

    def after(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            queries.append(Query(statement, parameters, time.perf_counter() - begun[0]))

    event.listen(database.engine, "before_cursor_execute", before)
    event.listen(database.engine, "after_cursor_execute", after)
    try:
        yield queries
    finally:
        event.remove(database.engine, "before_cursor_execute", before)
        event.remove(database.engine, "after_cursor_execute", after)


def _plan(database: Database, query: Query) -> str:
    is_lite = database.dialect == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if is_lite else "EXPLAIN "
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql(explain + query.statement, query.parameters)
        return "\n".join(str(row[3] if is_lite else row[0]) for row in rows)


def main() -> int:
    """Measure and return 1 where a query takes longer than is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inspections", type=int, default=5_000_000)
    parser.add_argument("--on", nargs="+", choices=sorted(WANTED_SECONDS), default=sorted(WANTED_SECONDS, reverse=True))
    parser.add_argument("--url", action="append", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plans", action="store_true", help="print the plan of each call's slowest query")
    asked = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        wanted = [] if asked.url else asked.on
        server = start_postgres(Path(folder)) if "postgresql" in wanted else None
        urls = [*asked.url, *([f"sqlite:///{folder}/oddspot.db"] if "sqlite" in wanted else [])]
        urls += [server.create_database("bench")] if server else []
        for url in urls:
            database = Database(url)
            migrate(database)
            if not asked.url:
                for made in fill(database, asked.inspections):
                    print(made, file=sys.stderr, flush=True)
            settings = Settings.model_validate({"storage": {"data_dir": folder}})
            lines.append((database.dialect, measure(database, settings, rounds=asked.rounds)))
            database.close()
        if server:
            server.stop()
    return _report(lines, plans=asked.plans)


def _report(lines: list[tuple[str, list[Measured]]], *, plans: bool) -> int:
    missed = []
    for dialect, found in lines:
        print(f"\n{dialect}: slowest query of each call, s{'':24}load {os.getloadavg()}")
        for one in sorted(found, key=lambda one: -one.slowest.seconds):
            query = one.slowest
            indexes = ", ".join(sorted(set(INDEXED.findall(query.plan)))) or "-"
            walked = f"  WALKS {', '.join(query.walked)}" if query.walked else ""
            said = f"{one.tool} {json.dumps(one.arguments)}"
            print(f"{query.seconds:8.3f}{one.seconds:8.3f}  {said:<90.90} {indexes:.80}{walked}")
            if plans:
                print(query.plan)
            if query.seconds > WANTED_SECONDS[dialect]:
                missed.append(f"{dialect}: {said} takes {query.seconds:.2f} s")
    slowest = {dialect: round(max(one.slowest.seconds for one in found), 3) for dialect, found in lines}
    calls_each = {dialect: len(found) for dialect, found in lines}
    print(json.dumps({"slowest_query": slowest, "calls": calls_each, "missed": missed, "load": os.getloadavg()}))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
