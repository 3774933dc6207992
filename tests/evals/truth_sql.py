"""Plain SQL over the bank's history: which inspections a reading looks at, and how they are counted."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.evals.cases import Case, Window, before, window_of, zone
from tests.evals.world import PLACES
from tests.evals.world_sql import moment, text

TABLES = (
    "inspection i JOIN source s ON s.id = i.source_id JOIN frame f ON f.id = i.frame_id "
    "JOIN detector_version d ON d.id = i.detector_version_id"
)
ODD = "i.verdict = 'anomalous' AND i.fault IS NULL"
COUNTS = {
    "anomalies": ODD,
    "confirmed": f"{ODD} AND i.label = 'defect'",
    "false_alarms": f"{ODD} AND i.label = 'false_alarm'",
    "unsure": f"{ODD} AND i.label = 'unsure'",
    "unlabelled": f"{ODD} AND i.label IS NULL",
    "missed": "i.verdict = 'normal' AND i.fault IS NULL AND i.label = 'missed'",
    "judged": "i.fault IS NULL",
    "not_judged": "i.fault IS NOT NULL",
    "normal": "i.fault IS NULL AND i.verdict = 'normal'",
}
SHARES = {
    "anomaly_rate": ("anomalies", ("judged",)),
    "false_alarm_rate": ("false_alarms", ("judged",)),
    "false_alarm_share": ("false_alarms", ("confirmed", "false_alarms")),
}
FRAMES = {
    "received": "1",
    "rejected": "f.state = 'rejected'",
    "dropped": "f.state = 'dropped'",
    "dead_letter": "f.state = 'dead_letter'",
    "waiting": "f.state IN ('pending', 'leased')",
}
WHOLE = frozenset({"judged", "not_judged", "normal"})
OF_ANOMALIES = ("classes", "labels", "not_labels", "min_ratio")
SHIFTS = (6, 14, 22)
NAMES = tuple(place.name for place in PLACES)


@dataclass(slots=True)
class Where:
    """Conditions with their values, joined by AND."""

    parts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, part: str, *values: Any) -> None:
        """Add a condition."""
        self.parts.append(part)
        self.values += values

    def among(self, column: str, wanted: list[Any] | None, *, negated: bool = False) -> None:
        """Add that a column is one of some values, or none of them; nothing where there are none."""
        if wanted:
            places = ", ".join("?" * len(wanted))
            self.add(f"{column} {'NOT ' if negated else ''}IN ({places})", *wanted)

    @property
    def sql(self) -> str:
        """The conditions as SQL."""
        return " AND ".join(self.parts) or "1"


class Record:
    """The database, read only, and the values a question's names are bound to."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, values: list[Any] | tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, values: list[Any] | tuple[Any, ...] = ()) -> Any:
        """Return the one value of a query."""
        return self._connection.execute(sql, values).fetchone()[0]

    def count(self, name: str, case: Case) -> float | None:
        """Count a reading's inspections or frames by the name of the figure; shares are None of nothing."""
        if name.endswith("_before"):
            window = window_of(case)
            assert window is not None, case
            return self.count(name.removesuffix("_before"), shifted(case, before(window, zone(case))))
        if name in SHARES:
            part, wholes = SHARES[name]
            counts = [self.count(whole, case) or 0 for whole in wholes]
            return round((self.count(part, case) or 0) / sum(counts), 6) if sum(counts) else None
        if name in FRAMES:
            where = frames_where(case)
            sql = f"SELECT COUNT(*) FROM frame f JOIN source s ON s.id = f.source_id WHERE {where.sql}"
            return int(self.one(f"{sql} AND {FRAMES[name]}", where.values))
        asked = {key: value for key, value in case.items() if key not in OF_ANOMALIES} if name in WHOLE else case
        where = inspections_where(asked)
        return int(self.one(f"SELECT COUNT(*) FROM {TABLES} WHERE {where.sql} AND {COUNTS[name]}", where.values))


def shifted(case: Case, window: Window) -> Case:
    """Return a reading of another window, given in UTC."""
    return {**case, "window": None, "utc": window}


def inspections_where(case: Case) -> Where:
    """Say in SQL which inspections a reading looks at; shadow ones never."""
    where = Where(["i.is_shadow = 0"])
    _within(where, "i.captured_at", case)
    _of_sources(where, case)
    where.among("i.defect_class", case.get("classes"))
    where.among("COALESCE(i.label, 'unlabelled')", case.get("labels"))
    where.among("COALESCE(i.label, 'unlabelled')", case.get("not_labels"), negated=True)
    where.among("d.name", case.get("detectors"))
    attributes: Mapping[str, str] = case.get("attributes") or {}
    for key, value in attributes.items():
        where.add("json_extract(f.attributes, '$.' || ?) = ?", key, value)
    if "min_ratio" in case:
        where.add("i.score >= ? * i.threshold", case["min_ratio"])
    return where


def frames_where(case: Case) -> Where:
    """Say in SQL which frames a reading looks at."""
    where = Where()
    _within(where, "f.captured_at", case)
    _of_sources(where, case)
    return where


def within(case: Case) -> Window | None:
    """Return the window a reading looks at."""
    return case["utc"] if "utc" in case else window_of(case)


def _within(where: Where, column: str, case: Case) -> None:
    window = within(case)
    if window is not None:
        where.add(f"{column} >= ? AND {column} < ?", text(window[0]), text(window[1]))


def _of_sources(where: Where, case: Case) -> None:
    where.among("s.name", case.get("sources"))
    where.among("s.name", case.get("without"), negated=True)


def group_key(by: str, row: Mapping[str, Any], zone_name: str, window: Window | None) -> str | None:
    """Return the name of the group an inspection falls in; None for no group."""
    if by in {"source", "defect_class", "detector", "verdict"}:
        return None if row[by] is None else str(row[by])
    if by == "label":
        return str(row["label"] or "unlabelled")
    if by in {"lot", "part"}:
        value = row[by]
        return None if value is None else str(value)
    at = moment(row["captured_at"]).astimezone(ZoneInfo(zone_name))
    first = window[0].astimezone(ZoneInfo(zone_name)) if window else None
    return _time_key(by, at, first)


def _time_key(by: str, at: datetime, first: datetime | None) -> str:
    if by == "hour_of_day":
        return f"{at:%H}:00"
    if by == "weekday":
        return f"{at:%A}"
    if by == "shift":
        start = max((hour for hour in SHIFTS if hour <= at.hour), default=SHIFTS[-1])
        return f"shift from {start:02d}:00"
    begun = {
        "hour": at.replace(minute=0, second=0),
        "day": at.replace(hour=0, minute=0, second=0),
        "week": (at - timedelta(days=at.weekday())).replace(hour=0, minute=0, second=0),
        "month": at.replace(day=1, hour=0, minute=0, second=0),
    }[by]
    shown = max(begun, first) if first else begun
    return shown.strftime({"hour": "%Y-%m-%d %H:%M", "month": "%Y-%m"}.get(by, "%Y-%m-%d"))
