"""What is right of how sources and detectors are: health, versions, what-if, latency, misses, coverage."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.evals.cases import Case
from tests.evals.expected import Figure, Found
from tests.evals.truth_sql import NAMES, TABLES, Record, Where, inspections_where, shifted, within
from tests.evals.world_sql import moment

PERCENTILE_TOLERANCE = 0.03


def health(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """The figures of every source in the one window that is told of all, or of all together."""
    del bound
    window = within(case)
    seen = shifted(case, window) if window else case
    figures = [
        Figure((f"{name}[{source}]",), record.count(name, {**seen, "sources": [source]}))
        for name in case["figures"]
        for source in case.get("sources") or NAMES
    ]
    yield figures, None, False
    yield [Figure((name,), record.count(name, case)) for name in case["figures"]], None, False


def detector_card(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """The version a source is judged by."""
    del bound
    source = case["sources"][0]
    figures = []
    for name in case["detector_card"]:
        version, value = record.rows(
            f"SELECT d.name, d.{name} FROM source s JOIN detector_version d ON d.id = s.active_version_id "
            "WHERE s.name = ?",
            (source,),
        )[0]
        figures.append(Figure((name, f"{name}[{source}]", f"{name}[{version}]"), round(value, 6)))
    yield figures, None, True


def versions(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """The versions of a source, with the threshold of each."""
    del bound
    rows = record.rows(
        "SELECT d.name, d.threshold FROM detector_version d JOIN source s ON s.id = d.source_id WHERE s.name = ?",
        (case["sources"][0],),
    )
    figures = [Figure(("versions",), len(rows))] if "versions" in case["versions"] else []
    if "threshold" in case["versions"]:
        figures += [Figure((f"threshold[{name}]",), round(value, 6)) for name, value in rows]
    yield figures, None, True


def what_if(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """What another threshold would have left, of the scores of the version in force."""
    del bound
    threshold, where = case["what_if"]["threshold"], inspections_where(case)
    where.add("d.id = s.active_version_id AND i.fault IS NULL")
    sql = f"SELECT COUNT(*) FROM {TABLES} WHERE {where.sql} AND i.score > "
    values = {
        "anomalies": record.one(f"{sql} ?", [*where.values, threshold]),
        "anomalies_now": record.one(f"{sql} d.threshold", where.values),
        "defects_lost_count": record.one(
            f"{sql} d.threshold AND i.score <= ? AND i.label = 'defect'", [*where.values, threshold]
        ),
        "false_alarms_avoided_count": record.one(
            f"{sql} d.threshold AND i.score <= ? AND i.label = 'false_alarm'", [*where.values, threshold]
        ),
    }
    yield [Figure((name,), values[name]) for name in case["figures"]], None, False


def latency(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """How long frames took from receipt to inspection, and how many wait."""
    del bound
    where, figures = inspections_where(case), []
    seconds = np.array([
        (moment(done) - moment(come)).total_seconds()
        for come, done in record.rows(
            f"SELECT f.received_at, i.inspected_at FROM {TABLES} WHERE {where.sql}", where.values
        )
    ]) if within(case) else np.zeros(1)  # fmt: skip
    waiting = Where(["f.state IN ('pending', 'leased')"])
    waiting.among("s.name", case.get("sources"))
    sql = f"SELECT COUNT(*) FROM frame f JOIN source s ON s.id = f.source_id WHERE {waiting.sql}"
    values = {
        "latency_median": (float(np.median(seconds)), PERCENTILE_TOLERANCE),
        "latency_p95": (float(np.percentile(seconds, 95)), PERCENTILE_TOLERANCE),
        "inspected": (float(len(seconds)), 0.0),
        "waiting": (float(record.one(sql, waiting.values)), 0.0),
    }
    for name in case["latency"]:
        value, tolerance = values[name]
        figures.append(Figure((name,), value, tolerance))
    yield figures, None, within(case) is None
    if case["latency"] == ["waiting"] and not case.get("sources"):
        counts = dict(record.rows(sql.replace("COUNT(*)", "s.name, COUNT(*)", 1) + " GROUP BY s.name"))
        yield [Figure((f"waiting[{name}]",), counts.get(name, 0)) for name in NAMES], None, True


def misses(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """What people found among frames called normal that were picked at random."""
    del bound
    where = inspections_where(case)
    rows = record.rows(
        f"SELECT p.said, i.label FROM {TABLES} JOIN audit_pick p ON p.inspection_id = i.id "
        f"WHERE {where.sql} AND p.stratum = 'random'",
        where.values,
    )
    words = ["missed" if label in {"defect", "missed"} else said for said, label in rows]
    audited, missed = sum(word is not None for word in words), words.count("missed")
    values = {
        "audited": audited,
        "missed": missed,
        "miss_rate": round(missed / audited, 6) if audited else None,
    }
    yield [Figure((name,), values[name]) for name in case["misses"]], None, False


def coverage(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """What there is to ask about."""
    del bound
    where = inspections_where(case)
    first, last, number = record.rows(
        f"SELECT MIN(i.captured_at), MAX(i.captured_at), COUNT(*) FROM {TABLES} WHERE {where.sql}", where.values
    )[0]
    values = {
        "first": f"{moment(first):%Y-%m-%dT%H:%M:%SZ}",
        "last": f"{moment(last):%Y-%m-%dT%H:%M:%SZ}",
        "inspections": number,
        "sources": len(case.get("sources") or NAMES),
    }
    yield [Figure((name,), values[name]) for name in case["coverage"]], None, True
