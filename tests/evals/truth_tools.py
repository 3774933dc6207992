"""What is right of everything that is no count of inspections: each by plain SQL of its own."""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.evals.cases import Case
from tests.evals.expected import ANY_NUMBER, Figure, Ranked
from tests.evals.truth_sql import NAMES, ODD, TABLES, Record, Where, inspections_where, within
from tests.evals.world import NOW
from tests.evals.world_extras import moment, text

Found = tuple[list[Figure], Ranked | None, bool]
Tool = Callable[[Record, Case, dict[str, Any]], Iterator[Found]]
ROWS = ("top", "middle", "bottom")
COLUMNS = ("left", "middle", "right")
BY = {"reviewer": "l.author", "defect_class": "l.defect_class", "label": "l.kind", "source": "s.name"}
ACTS = ("incident_acknowledged", "incident_resolved", "incident_dismissed")
PERCENTILE_TOLERANCE = 0.03
INCIDENT_KEYS = {
    "newest": ("julianday(n.last_at)", "DESC"),
    "oldest": ("julianday(n.opened_at)", "ASC"),
    "largest": ("n.anomalies", "DESC"),
    "longest": ("COALESCE(julianday(n.closed_at), julianday(?)) - julianday(n.opened_at)", "DESC"),
}


def detail(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """One inspection and its figures."""
    shown = bound[case["detail"]]
    score, threshold = record.rows("SELECT score, threshold FROM inspection WHERE id = ?", (shown[2:],))[0]
    values = {"score": round(score, 6), "threshold": round(threshold, 6), "ratio": round(score / threshold, 2)}
    figures = [Figure((name, f"{name}[{shown}]"), values[name]) for name in case["figures"]]
    yield figures, Ranked(((shown, 0.0),), 1), True


def similar(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """The anomalies most alike, by cosine: of the same source or of any, earlier ones or all."""
    shown = bound[case["similar"]["to"]]
    mine = record.rows("SELECT vectors, embedding_space, source_id, captured_at FROM inspection WHERE id = ?",
                       (shown[2:],))[0]  # fmt: skip
    own = _unit(mine[0])
    rows = record.rows(
        f"SELECT i.id, i.vectors, i.source_id, i.captured_at FROM {TABLES} WHERE {ODD} AND i.is_shadow = 0 "
        "AND i.vectors IS NOT NULL AND i.embedding_space = ? AND i.id <> ?",
        (mine[1], shown[2:]),
    )
    for is_same_source in (False, True):
        for is_past in (True, False):
            near = [
                (f"A-{row}", float(own @ _unit(vectors)))
                for row, vectors, source, at in rows
                if (source == mine[2] or not is_same_source) and (at < mine[3] or not is_past)
            ]
            near.sort(key=lambda pair: -pair[1])
            yield [], Ranked(tuple(near), case["similar"].get("limit", ANY_NUMBER)), True


def incidents(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """Incidents: how many, which ones in order, or one."""
    wanted = case["incidents"]
    if "id" in wanted:
        shown = bound[wanted["id"]]
        number = record.one("SELECT anomalies FROM incident WHERE id = ?", (shown[2:],))
        yield [Figure(("anomalies",), number)], Ranked(((shown, 0.0),), 1), True
        return
    choices = [(acts, is_when) for acts in (ACTS, ACTS[:2], ACTS[1:], ACTS[1:2]) for is_when in (False, True)]
    for acts, is_when_acted in choices if "person" in wanted else [((), False)]:
        rows = incidents_ranked(record, case, wanted, acts=acts, is_when_acted=is_when_acted)
        figures = [Figure((name,), len(rows)) for name in wanted.get("figures", [])]
        limit = wanted.get("limit")
        ids = None if limit is None else Ranked(tuple(rows), ANY_NUMBER if limit == "any" else limit)
        yield figures, ids, "window" not in case or case["window"] is None


def incidents_ranked(
    record: Record, case: Case, wanted: Case, *, acts: tuple[str, ...] = (), is_when_acted: bool = False
) -> list[tuple[str, float]]:
    """Return incidents in order, with what they are ordered by.

    A window takes those that ran within it, or those somebody acted on within it.
    """
    where = Where()
    where.among("s.name", case.get("sources"))
    where.among("n.state", wanted.get("states"))
    window = within(case)
    span = [text(moment) for moment in window] if window else []
    if span and not is_when_acted:
        where.add("n.last_at >= ? AND n.opened_at < ?", *span)
    if acts:
        acted = Where()
        acted.add("a.actor = ?", wanted["person"])
        acted.among("a.action", list(acts))
        if span and is_when_acted:
            acted.add("a.at >= ? AND a.at < ?", *span)
        where.add(f"n.id IN (SELECT a.incident_id FROM audit a WHERE {acted.sql})", *acted.values)
    key, direction = INCIDENT_KEYS[wanted.get("order", "newest")]
    sql = (
        f"SELECT n.id, {key} AS key FROM incident n JOIN source s ON s.id = n.source_id WHERE {where.sql} "
        f"ORDER BY key {direction}, n.id DESC"
    )
    return [(f"I-{row}", float(value)) for row, value in record.rows(sql, [text(NOW)] * key.count("?") + where.values)]


def health(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """The figures of every source, or of all together."""
    del bound
    figures = [
        Figure((f"{name}[{source}]",), record.count(name, {**case, "sources": [source]}))
        for name in case["figures"]
        for source in case.get("sources") or NAMES
    ]
    yield figures, None, False
    yield [Figure((name,), record.count(name, case)) for name in case["figures"]], None, False


def outages(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """Times in which a camera was not judged or nothing came."""
    del bound
    wanted, where, window = case["outages"], Where(), within(case)
    where.among("s.name", case.get("sources"))
    if wanted.get("is_open"):
        where.add("o.ended_at IS NULL")
    if window:
        where.add("o.started_at < ? AND (o.ended_at IS NULL OR o.ended_at > ?)", text(window[1]), text(window[0]))
    rows = record.rows(
        f"SELECT s.name, o.started_at, o.ended_at FROM outage o JOIN source s ON s.id = o.source_id WHERE {where.sql}",
        where.values,
    )
    figures = [Figure(("outages",), len(rows))] if "outages" in wanted["figures"] else []
    if "downtime_seconds" in wanted["figures"]:
        seconds: dict[str, float] = {}
        for name, started, ended in rows:
            until = min(moment(ended) if ended else NOW, window[1] if window else NOW, NOW)
            since = max(moment(started), window[0]) if window else moment(started)
            seconds[name] = seconds.get(name, 0.0) + (until - since).total_seconds()
        figures += [Figure((f"downtime_seconds[{name}]", "downtime_seconds"), value) for name, value in seconds.items()]
    yield figures, None, window is None


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


def labelled(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """The labels that stand, the newest of each inspection, by when they were given."""
    del bound
    wanted, where, window = case["labelled"], Where(["l.withdrawn_at IS NULL"]), within(case)
    where.among("s.name", case.get("sources"))
    if window:
        where.add("l.created_at >= ? AND l.created_at < ?", text(window[0]), text(window[1]))
    by = wanted.get("by")
    rows = record.rows(
        f"SELECT {BY[by] if by else 'NULL'}, l.kind FROM label l JOIN inspection i ON i.id = l.inspection_id "
        f"JOIN source s ON s.id = i.source_id WHERE {where.sql} AND l.id = (SELECT m.id FROM label m "
        "WHERE m.inspection_id = l.inspection_id AND m.withdrawn_at IS NULL ORDER BY m.created_at DESC, m.id DESC "
        "LIMIT 1)",
        where.values,
    )
    keys = sorted({key for key, _ in rows if key is not None}) if by else [None]
    if "key" in wanted:
        keys = [wanted["key"]]
    counts = {name: {key: _labels(rows, key, name) for key in keys} for name in case["figures"]}
    if "top" in wanted:
        first = counts[case["figures"][0]]
        keys = sorted(keys, key=lambda key: -(first[key] or 0))[: wanted["top"]]
    figures = [Figure((f"{name}[{key}]" if key else name,), counts[name][key]) for name in counts for key in keys]
    yield figures, None, False


def _labels(rows: list[tuple[Any, ...]], key: str | None, name: str) -> float | None:
    kinds = [kind for group, kind in rows if key is None or group == key]
    if name == "labels":
        return len(kinds)
    if name == "false_alarm_share":
        said = [kind for kind in kinds if kind in {"defect", "false_alarm"}]
        return round(said.count("false_alarm") / len(said), 6) if said else None
    return kinds.count(name)


def hotspots(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """Anomalies by the ninth of the image in which the centre of their first region lies."""
    del bound
    where, cells = inspections_where(case), dict[str, int]()
    sql = f"SELECT i.regions, i.width, i.height FROM {TABLES} WHERE {where.sql} AND {ODD}"
    for regions, width, height in record.rows(sql, where.values):
        first = json.loads(regions)[0]
        column = math.floor(3 * (first["x"] + first["width"] / 2) / width)
        row = math.floor(3 * (first["y"] + first["height"] / 2) / height)
        names = [ROWS[row], COLUMNS[column]]
        name = "middle" if names == ["middle", "middle"] else " ".join(part for part in names if part != "middle")
        cells[name] = cells.get(name, 0) + 1
    chosen = sorted(cells, key=lambda cell: -cells[cell])[: case["hotspots"].get("top", 9)]
    yield [Figure((f"anomalies[{cell}]",), cells[cell]) for cell in chosen], None, False


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


def silences(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """Silences of a source, those of all sources with them or not."""
    del bound
    wanted, where = case["silences"], Where()
    if "states" in wanted:
        where.add(f"z.until {'>' if 'active' in wanted['states'] else '<='} ?", text(NOW))
    for is_global_counted in (True, False) if case.get("sources") else (True,):
        own = Where(list(where.parts), list(where.values))
        if case.get("sources"):
            own.add(f"(s.name = ?{' OR z.source_id IS NULL' if is_global_counted else ''})", case["sources"][0])
        sql = f"FROM silence z LEFT JOIN source s ON s.id = z.source_id WHERE {own.sql}"
        count, hits = record.rows(f"SELECT COUNT(*), COALESCE(SUM(z.hits), 0) {sql}", own.values)[0]
        values = {"silences": count, "hits": hits}
        yield [Figure((name,), values[name]) for name in wanted["figures"]], None, within(case) is None


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


def changes(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """Who changed what; a source's changes are those of its versions."""
    del bound
    wanted, where, window = case["changes"], Where(), within(case)
    if window:
        where.add("a.at >= ? AND a.at < ?", text(window[0]), text(window[1]))
    if "person" in wanted:
        where.add("a.actor = ?", wanted["person"])
    if "action" in wanted:
        where.add("a.action = ?", wanted["action"])
    if case.get("sources"):
        where.add("a.subject LIKE ? || '@%'", case["sources"][0])
    number = record.one(f"SELECT COUNT(*) FROM audit a WHERE {where.sql}", where.values)
    names = ("changes", f"changes[{wanted['action']}]") if "action" in wanted else ("changes",)
    yield [Figure(names, number)], None, window is None


def _unit(kept: bytes) -> np.ndarray:
    vector = np.frombuffer(kept, dtype="<f2").astype(np.float64)
    return vector / np.linalg.norm(vector)


TOOLS: dict[str, Tool] = {
    tool.__name__: tool
    for tool in (
        detail, similar, incidents, health, outages, detector_card, versions, what_if, labelled, hotspots, latency,
        silences, misses, coverage, changes,
    )
}  # fmt: skip
