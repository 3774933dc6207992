"""What is right of what people said and did: incidents, labels, silences, changes."""

from collections.abc import Iterator
from typing import Any

from tests.evals.cases import Case
from tests.evals.expected import ANY_NUMBER, Figure, Found, Ranked
from tests.evals.truth_sql import Record, Where, within
from tests.evals.world import NOW
from tests.evals.world_sql import text

BY = {"reviewer": "l.author", "defect_class": "l.defect_class", "label": "l.kind", "source": "s.name"}
ACTS = ("incident_acknowledged", "incident_resolved", "incident_dismissed")
INCIDENT_KEYS = {
    "newest": ("julianday(n.last_at)", "DESC"),
    "oldest": ("julianday(n.opened_at)", "ASC"),
    "largest": ("n.anomalies", "DESC"),
    "longest": ("COALESCE(julianday(n.closed_at), julianday(?)) - julianday(n.opened_at)", "DESC"),
}


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
    figures = [
        Figure(_called(name, key, is_alone="key" in wanted), counts[name][key]) for name in counts for key in keys
    ]
    yield figures, None, False


def _called(name: str, key: str | None, *, is_alone: bool) -> tuple[str, ...]:
    """Return what a figure of labels may be called: asked of one person alone, his are all there are."""
    keyed = f"{name}[{key}]" if key else name
    return (keyed, name) if is_alone else (keyed,)


def _labels(rows: list[tuple[Any, ...]], key: str | None, name: str) -> float | None:
    kinds = [kind for group, kind in rows if key is None or group == key]
    if name == "labels":
        return len(kinds)
    if name == "false_alarm_share":
        said = [kind for kind in kinds if kind in {"defect", "false_alarm"}]
        return round(said.count("false_alarm") / len(said), 6) if said else None
    return kinds.count(name)


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


def changes(record: Record, case: Case, bound: dict[str, Any]) -> Iterator[Found]:
    """Who changed what, labels counted or not (asked for: counted); a source's changes are its versions'."""
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
    names = ("changes", f"changes[{wanted['action']}]") if "action" in wanted else ("changes",)
    for is_label_counted in (True,) if wanted.get("action") == "label" else (True, False):
        kinds = "1" if is_label_counted else "a.action <> 'label'"
        number = record.one(f"SELECT COUNT(*) FROM audit a WHERE {where.sql} AND {kinds}", where.values)
        yield [Figure(names, number)], None, window is None
