"""The truth of a case: what every accepted reading of it expects, by plain SQL alone."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.evals.cases import Case, readings, window_of, zone
from tests.evals.expected import ALL_TIME, ANY_NUMBER, LABELS, Expected, Figure, Ranked
from tests.evals.truth_people import incidents_ranked
from tests.evals.truth_sql import COUNTS, NAMES, ODD, TABLES, Record, group_key, inspections_where, shifted, within
from tests.evals.truth_tools import TOOLS
from tests.evals.world import zone_of
from tests.evals.world_file import NAME

Bound = dict[str, Any]
ORDERS = {
    "newest": "i.captured_at DESC, i.id DESC",
    "oldest": "i.captured_at, i.id",
    "worst": "i.score / i.threshold DESC, i.captured_at DESC, i.id DESC",
}
KEYS = {"newest": "julianday(i.captured_at)", "oldest": "julianday(i.captured_at)", "worst": "i.score / i.threshold"}
ATTRIBUTES = {"lots": "lot", "parts": "part"}
GROUP_COLUMNS = (
    "s.name AS source, i.defect_class AS defect_class, i.label AS label, d.name AS detector, i.verdict AS verdict, "
    "json_extract(f.attributes, '$.lot') AS lot, json_extract(f.attributes, '$.part') AS part, i.captured_at"
)
Answered = Callable[[Record, Case, Bound], Iterator[Expected]]


class Truth:
    """Works out what is right for the cases of the bank."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(f"file:{folder / NAME}?mode=ro", uri=True, check_same_thread=False)
        self._record = Record(self._connection)

    def bind(self, case: Case, bound: Bound) -> Bound:
        """Return what is bound so far and by this case: ids and values by the names the questions have for them."""
        return bound | {name: self._looked_up(wanted) for name, wanted in (case.get("bind") or {}).items()}

    def expected(self, case: Case, bound: Bound, previous: list[Expected]) -> list[Expected]:
        """Return every accepted reading; previous: those of the question before in the thread."""
        if "previous_id" in case:
            return [_nth(one, case["previous_id"]) for one in previous if one.ids is not None]
        found = []
        for reading in readings(case):
            asked = _filled(reading, bound)
            family = next((name for name in FAMILIES if name in asked), "")
            found += list(FAMILIES[family](self._record, asked, bound) if family else _counted(self._record, asked))
        return found

    def fingerprint(self) -> tuple[int, ...]:
        """Return how many rows there are of everything an act could change."""
        tables = ("label", "silence", "audit", "job", "incident", "detector_version", "delivery")
        return tuple(int(self._record.one(f"SELECT COUNT(*) FROM {table}")) for table in tables)

    def _looked_up(self, wanted: Case) -> Any:
        if wanted.get("incident"):
            return incidents_ranked(self._record, wanted, wanted)[wanted.get("nth", 0)][0]
        if "attribute" in wanted:
            groups = grouped(self._record, wanted, wanted["attribute"], "anomalies")
            return max(sorted(groups), key=lambda key: groups[key])
        rows = ranked(self._record, wanted, wanted["order"], has_vector=bool(wanted.get("has_vector")))
        return rows[wanted.get("nth", 0)][0]


def base(case: Case, **more: Any) -> Expected:
    """Return what a reading expects of window and filters."""
    window: Any = ALL_TIME if case.get("window") == "all" else within(case)
    names = frozenset(case["sources"]) if case.get("sources") else None
    if case.get("without"):
        names = frozenset(names or NAMES) - frozenset(case["without"])
    labels = frozenset(case.get("labels") or LABELS) - frozenset(case.get("not_labels") or ())
    filters = {
        "defect_classes": sorted(case.get("classes") or ()),
        "detectors": sorted(case.get("detectors") or ()),
        "attributes": case.get("attributes") or {},
        "min_ratio": case.get("min_ratio"),
    }
    zone_name = zone_of(tuple(case.get("sources") or ())) if window not in {None, ALL_TIME} else None
    return Expected(window, zone_name, names, labels, filters, **more)


def ranked(
    record: Record, case: Case, order: str, *, has_vector: bool = False, is_missed: bool = False
) -> list[tuple[str, float]]:
    """Return a reading's anomalies in order, with what they are ordered by."""
    where = inspections_where(case)
    if has_vector:
        where.add("i.vectors IS NOT NULL")
    wanted = COUNTS["missed"] if is_missed else ODD
    sql = f"SELECT i.id, {KEYS[order]} FROM {TABLES} WHERE {where.sql} AND {wanted} ORDER BY {ORDERS[order]}"
    return [(f"A-{row}", float(key)) for row, key in record.rows(sql, where.values)]


def grouped(record: Record, case: Case, by: str, of: str) -> dict[str, int]:
    """Count a reading's inspections in groups."""
    where = inspections_where(case)
    rows = record.rows(f"SELECT {GROUP_COLUMNS} FROM {TABLES} WHERE {where.sql} AND {COUNTS[of]}", where.values)
    names = ("source", "defect_class", "label", "detector", "verdict", "lot", "part", "captured_at")
    counts: dict[str, int] = {}
    for row in rows:
        key = group_key(by, dict(zip(names, row, strict=True)), zone(case), within(case))
        if key is not None:
            counts[key] = counts.get(key, 0) + 1
    return counts


def _counted(record: Record, case: Case) -> Iterator[Expected]:
    """Expect counts, groups and lists of inspections."""
    if case.get("no_data"):
        assert record.count("judged", case) == 0, case["ask"]
        yield base(case, is_no_data=True)
        return
    figures = [Figure(_names(name, case), record.count(name, case)) for name in case.get("figures", [])]
    if "groups" in case:
        figures += _group_figures(record, case)
    wanted = case.get("ids")
    ids = None
    if wanted:
        rows = ranked(record, case, wanted["order"], is_missed=wanted.get("kind") == "missed")
        ids = Ranked(tuple(rows), ANY_NUMBER if wanted["limit"] == "any" else wanted["limit"])
    yield base(case, figures=tuple(figures), ids=ids)


def _names(name: str, case: Case) -> tuple[str, ...]:
    """Return what a figure may be called: a group of one is the whole."""
    sources: list[str] = case.get("sources") or []
    return (name, f"{name}[{sources[0]}]") if len(sources) == 1 else (name,)


def _group_figures(record: Record, case: Case) -> list[Figure]:
    wanted = case["groups"]
    of = wanted.get("of", "anomalies")
    counts = grouped(record, case, wanted["by"], of)
    prefix = "inspections" if wanted["by"] == "verdict" else of
    if "least" in wanted:
        counts = {name: counts.get(name, 0) for name in NAMES}
        chosen = sorted(counts, key=lambda key: (counts[key], key))[: wanted["least"]]
    else:
        chosen = sorted(counts, key=lambda key: (-counts[key], key))[: wanted.get("top", len(counts))]
    return [Figure((f"{prefix}[{key}]",), counts[key]) for key in chosen]


def _compared(record: Record, case: Case, bound: Bound) -> Iterator[Expected]:
    """Expect two sides under [1] and [2], either side first; or what a group or a trend says of the same."""
    del bound
    wanted = case["compare"]
    sides = [_side(case, wanted, number) for number in (0, 1)]
    for first, second in (sides, sides[::-1]):
        figures = [
            Figure((f"{name}[{number}]",), record.count(name, side))
            for name in case["figures"]
            for number, side in ((1, first), (2, second))
        ]
        yield base(first, figures=tuple(figures))
        if wanted.keys() & {"sources", "detectors"}:
            yield base({**first, "sources": wanted.get("sources")}, figures=tuple(figures))
    if "windows" in wanted:
        yield from _as_trend(record, case, sides)
        return
    by, keys = next(iter(wanted.items()))
    counts = {name: [record.count(name, side) for side in sides] for name in case["figures"]}
    figures = [Figure((f"{name}[{key}]",), counts[name][number]) for name in counts for number, key in enumerate(keys)]
    both = {} if by in ATTRIBUTES else {by: list(keys)}  # no filter takes two lots: they are groups of all there are
    yield base({**case, **both}, figures=tuple(figures))


def _as_trend(record: Record, case: Case, sides: list[Case]) -> Iterator[Expected]:
    for later, earlier in (sides, sides[::-1]):
        window, other = window_of(later), window_of(earlier)
        assert window is not None, case
        assert other is not None, case
        is_next = other[1] == window[0] and record.count("judged_before", later) == record.count("judged", earlier)
        if is_next and case["figures"] == ["anomalies"]:
            names = ("anomalies", "anomalies_before")
            yield base(later, figures=tuple(Figure((name,), record.count(name, later)) for name in names))


def _side(case: Case, wanted: Case, number: int) -> Case:
    if "windows" in wanted:
        return {**case, "window": wanted["windows"][number]}
    if "sources" in wanted:
        window = window_of({**case, "sources": wanted["sources"]})
        assert window is not None, case
        return {**shifted(case, window), "sources": [wanted["sources"][number]]}
    by, sides = next(iter(wanted.items()))
    if by in ATTRIBUTES:
        return {**case, "attributes": {**case.get("attributes", {}), ATTRIBUTES[by]: sides[number]}}
    return {**case, by: [sides[number]]}


def _of_tool(name: str) -> Answered:
    def answered(record: Record, case: Case, bound: Bound) -> Iterator[Expected]:
        for figures, ids, is_window_free in TOOLS[name](record, case, bound):
            one = base(case, figures=tuple(figures), ids=ids, is_filtered=not _is_of_one(case))
            yield replace(one, window=None) if is_window_free else one

    return answered


def _is_of_one(case: Case) -> bool:
    return "detail" in case or "similar" in case or "id" in case.get("incidents", {})


def _filled(case: Case, bound: Bound) -> Case:
    """Put bound values in the place of their names."""
    attributes = {key: bound.get(value, value) for key, value in (case.get("attributes") or {}).items()}
    return {**case, "attributes": attributes} if attributes else case


def _nth(one: Expected, number: int) -> Expected:
    assert one.ids is not None
    row = one.ids.rows[number - 1]
    return Expected(ids=Ranked((row,), 1), is_filtered=False)


FAMILIES: dict[str, Answered] = {"compare": _compared} | {name: _of_tool(name) for name in TOOLS}
