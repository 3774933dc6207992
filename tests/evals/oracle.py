"""What the right answer is, by plain SQL over the same database, sharing no code with the assistant."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

NOW = datetime(2026, 3, 25, 10, 30, tzinfo=UTC)
ODD = "i.verdict = 'anomalous' AND i.fault IS NULL"
FIGURES = {
    "anomalies": ODD,
    "confirmed": f"{ODD} AND i.label = 'defect'",
    "false_alarms": f"{ODD} AND i.label = 'false_alarm'",
    "unsure": f"{ODD} AND i.label = 'unsure'",
    "unlabelled": f"{ODD} AND i.label IS NULL",
    "judged": "i.fault IS NULL",
    "missed": "i.verdict = 'normal' AND i.fault IS NULL AND i.label = 'missed'",
}
TABLES = "inspection i JOIN source s ON s.id = i.source_id JOIN frame f ON f.id = i.frame_id"
BERLIN = ZoneInfo("Europe/Berlin")


class Oracle:
    """Answers cases of the question bank."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file)

    def facts(self, case: dict[str, Any]) -> dict[str, int]:
        """Return the figures a case asks for, groups as name[key]."""
        figures = {}
        for name in case.get("facts", []):
            shifted = _before(case) if name == "anomalies_before" else case
            figures[name] = self._count(FIGURES[name.removesuffix("_before")], shifted)
        if "groups" in case:
            figures |= {f"anomalies[{key}]": count for key, count in self._groups(case).items()}
        return figures

    def ids(self, case: dict[str, Any]) -> list[str]:
        """Return the ids a case asks for, in order."""
        wanted = case["ids"]
        is_wanted = FIGURES["missed" if wanted.get("missed") else "anomalies"]
        extra = f"AND i.{wanted['where']}" if "where" in wanted else ""
        order = ", ".join(f"i.{part.strip()}" for part in wanted["order"].split(",")).replace("/ ", "/ i.")
        sql = f"SELECT i.id FROM {TABLES} WHERE {_where(case)} AND {is_wanted} {extra} ORDER BY {order}, i.id DESC"
        return [f"A-{row[0]}" for row in self._connection.execute(f"{sql} LIMIT {wanted['limit']}")]

    def _count(self, is_wanted: str, case: dict[str, Any]) -> int:
        sql = f"SELECT COUNT(*) FROM {TABLES} WHERE {_where(case)} AND {is_wanted}"
        return int(self._connection.execute(sql).fetchone()[0])

    def _groups(self, case: dict[str, Any]) -> dict[str, int]:
        rows = self._connection.execute(
            f"SELECT s.name, json_extract(f.attributes, '$.lot'), i.captured_at FROM {TABLES} "
            f"WHERE {_where(case)} AND {ODD}"
        )
        counts: dict[str, int] = {}
        for source, lot, captured_at in rows:
            local = datetime.fromisoformat(captured_at).replace(tzinfo=UTC).astimezone(_zone(case))
            key = {"source": source, "lot": lot, "day": f"{local:%Y-%m-%d}"}[case["groups"]]
            counts[key] = counts.get(key, 0) + 1
        return counts


def window_of(case: dict[str, Any]) -> tuple[datetime, datetime] | None:
    """Return a case's window."""
    if "window" not in case:
        return None
    start, end = (datetime.fromisoformat(text) for text in case["window"])
    return start, end


def _where(case: dict[str, Any]) -> str:
    parts = ["i.is_shadow = 0", f"i.captured_at < '{_text(NOW)}'"]
    window = window_of(case)
    if window is not None:
        parts.append(f"i.captured_at >= '{_text(window[0])}' AND i.captured_at < '{_text(window[1])}'")
    if "sources" in case:
        names = ", ".join(f"'{name}'" for name in case["sources"])
        parts.append(f"s.name IN ({names})")
    if "attribute" in case:
        key, value = case["attribute"]
        parts.append(f"json_extract(f.attributes, '$.{key}') = '{value}'")
    if "defect_class" in case:
        parts.append(f"i.defect_class = '{case['defect_class']}'")
    return " AND ".join(parts)


def _before(case: dict[str, Any]) -> dict[str, Any]:
    start, end = (datetime.fromisoformat(text) for text in case["window"])
    length: timedelta = end - start
    return case | {"window": [(start - length).isoformat(), start.isoformat()]}


def _zone(case: dict[str, Any]) -> ZoneInfo:
    return BERLIN if case.get("sources") == ["line-1"] else ZoneInfo("UTC")


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
